import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matcher } from '../src/filter';
import { row } from './rows';

test('each word must be found in the name, the distinct id or the session id', () => {
  const one = row(1, { event: 'Order placed', distinct_id: 'ada@example.com', session_id: 'abc-123' });
  for (const text of ['', '  ', 'order', 'ADA', 'c-12', 'placed ada abc']) assert.ok(matcher(text)(one), text);
  for (const text of ['grace', 'order grace', 'orderplaced']) assert.ok(!matcher(text)(one), text);
});

test('an event without a session is found by the rest', () => {
  assert.ok(matcher('hello')(row(1, { event: 'hello', session_id: null })));
  assert.ok(!matcher('null')(row(1, { event: 'hello', session_id: null })));
});
