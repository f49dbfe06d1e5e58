import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Feed, type View } from '../src/feed';
import { row } from './rows';

function watched(): { feed: Feed; view: () => View; ids: () => number[] } {
  const feed = new Feed();
  let last: View | undefined;
  feed.watch((view) => {
    last = view;
  });
  const view = () => {
    assert.ok(last);
    return last;
  };
  return { feed, view, ids: () => view().rows.map(({ id }) => id) };
}

test('the newest row is on top', () => {
  const { feed, ids } = watched();
  feed.add([row(1), row(2)]);
  feed.add([row(3)]);
  assert.deepEqual(ids(), [3, 2, 1]);
});

test('a row that comes twice after a reconnection is shown once', () => {
  const { feed, ids } = watched();
  feed.add([row(1), row(2)]);
  feed.add([row(2), row(3)]);
  assert.deepEqual(ids(), [3, 2, 1]);
});

test('a paused view stands still and counts what it will show', () => {
  const { feed, view, ids } = watched();
  feed.add([row(1)]);
  feed.setPaused(true);
  feed.add([row(2), row(3)]);
  assert.deepEqual(ids(), [1]);
  assert.equal(view().waiting, 2);
  feed.setPaused(false);
  assert.deepEqual(ids(), [3, 2, 1]);
  assert.equal(view().waiting, 0);
});

test('clearing hides what there is, and can be undone', () => {
  const { feed, view, ids } = watched();
  feed.add([row(1), row(2)]);
  feed.clear();
  feed.add([row(3)]);
  assert.deepEqual(ids(), [3]);
  assert.equal(view().hidden, 2);
  feed.undoClear();
  assert.deepEqual(ids(), [3, 2, 1]);
});

test('clearing while paused empties the view and keeps it paused', () => {
  const { feed, view, ids } = watched();
  feed.add([row(1)]);
  feed.setPaused(true);
  feed.clear();
  assert.deepEqual(ids(), []);
  assert.ok(view().paused);
  feed.setPaused(false);
  assert.deepEqual(ids(), []);
});

test('old rows leave when there are too many', () => {
  const { feed, ids } = watched();
  feed.add(Array.from({ length: 10_005 }, (_, index) => row(index + 1)));
  assert.equal(ids().length, 10_000);
  assert.deepEqual([ids().at(0), ids().at(-1)], [10_005, 6]);
});
