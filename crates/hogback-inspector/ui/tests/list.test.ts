import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, hue, shortId } from '../src/format';
import { ROW_HEIGHT, visibleRange } from '../src/list';
import { isNew } from '../src/row';
import { row } from './rows';

test('only rows in sight and a few around them are drawn', () => {
  const [first, end] = visibleRange(5_000 * ROW_HEIGHT, 40 * ROW_HEIGHT, 10_000);
  assert.ok(first <= 5_000 && first > 4_950 && end >= 5_040 && end < 5_090, `${first} to ${end}`);
});

test('the range stays within the rows', () => {
  assert.deepEqual(visibleRange(0, 400, 3), [0, 3]);
  assert.deepEqual(visibleRange(9_000, 400, 0), [0, 0]);
  assert.deepEqual(visibleRange(9_000, 400, 3), [3, 3]);
});

test('only a row that has just arrived looks new, not one that is scrolled into sight', () => {
  const arrived = row(1, { received: '2026-03-01T12:00:00.000000Z' });
  assert.ok(isNew(arrived, Date.parse('2026-03-01T12:00:00.100Z')));
  assert.ok(!isNew(arrived, Date.parse('2026-03-01T12:00:05Z')));
});

test('short differences are not worth a word', () => {
  assert.equal(difference('2026-03-01T12:00:00Z', '2026-03-01T12:00:00.900Z'), null);
  assert.equal(difference('2026-03-01T12:00:00Z', '2026-03-01T12:00:02.500Z'), '+2.5 s');
  assert.equal(difference('2026-03-01T12:00:00Z', '2026-03-01T11:00:00Z'), '−60 min');
  assert.equal(difference('2026-03-01T12:00:00Z', 'soon'), null);
});

test('an id keeps its colour, and a long one shows its end', () => {
  assert.equal(hue('abc'), hue('abc'));
  assert.equal(shortId('01a208bc-013c-7c96-88f0-2dd1d389912b'), '…89912b');
  assert.equal(shortId('user-42'), 'user-42');
});
