import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupFrames, readExceptions } from '../src/exception';

const frame = (name: string, inApp: boolean) => ({ function: name, in_app: inApp, filename: `${name}.py`, lineno: 3 });

test('the crash comes first, and source lines are numbered around it', () => {
  const [exception] = readExceptions([
    {
      type: 'KeyError',
      value: "'CHF'",
      mechanism: { handled: false, type: 'middleware' },
      stacktrace: {
        frames: [frame('outer', true), { ...frame('crash', true), pre_context: ['a'], context_line: 'b', post_context: ['c'] }],
      },
    },
  ]);
  assert.ok(exception);
  assert.deepEqual(exception.frames.map(({ title }) => title), ['crash', 'outer']);
  assert.deepEqual(exception.frames[0]?.source, [
    { number: 2, text: 'a', crash: false },
    { number: 3, text: 'b', crash: true },
    { number: 4, text: 'c', crash: false },
  ]);
  assert.equal(exception.handled, false);
});

test('the chain says how each exception hangs together with the one before', () => {
  const source = (name: string) => ({ type: 'E', mechanism: { source: name } });
  const chain = readExceptions([{ type: 'E' }, source('cause'), source('context'), source('member'), source('odd')]);
  assert.deepEqual(
    chain.map(({ relation }) => relation),
    [null, 'caused by', 'while handling', 'member of the group', 'followed by'],
  );
});

test('builtin types are shown without their module', () => {
  const types = [{ type: 'KeyError', module: 'builtins' }, { type: 'Declined', module: 'shop.errors' }, { type: 'E', module: null }];
  assert.deepEqual(readExceptions(types).map(({ type }) => type), ['KeyError', 'shop.errors.Declined', 'E']);
});

test('frames of libraries are gathered, the crash and own frames stand alone', () => {
  const names = [frame('lib', false), frame('lib', false), frame('own', true), frame('lib', false), frame('lib', false)];
  const [exception] = readExceptions([{ type: 'E', stacktrace: { frames: names } }]);
  assert.deepEqual(groupFrames(exception?.frames ?? []).map(({ length }) => length), [1, 1, 1, 2]);
});

test('nonsense in place of a list, a stack or a frame is passed over', () => {
  for (const value of [undefined, null, 'x', 7, {}, [null, 1, 'x']]) assert.deepEqual(readExceptions(value), []);
  const odd = readExceptions([{ type: 7, value: {}, mechanism: [], stacktrace: { frames: [null, { function: null, pre_context: 'x' }] } }]);
  assert.equal(odd[0]?.type, '7');
  assert.deepEqual(odd[0]?.frames.map(({ title, place }) => [title, place]), [['<unknown>', '<unknown>']]);
});
