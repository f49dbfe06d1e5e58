import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Digits, parse, pretty } from '../src/json';

test('what fits stays on one line, the rest is indented', () => {
  const value = { items: [{ sku: 'b-17', n: 2 }], note: null, long: 'x'.repeat(80) };
  const lines = ['{', '  "items": [{ "sku": "b-17", "n": 2 }],', '  "note": null,', `  "long": "${'x'.repeat(80)}"`, '}'];
  assert.equal(pretty(value), lines.join('\n'));
  assert.equal(pretty([]), '[]');
  assert.equal(pretty({}), '{}');
});

test('digits are written as they were sent', () => {
  assert.equal(pretty({ price: new Digits('1.50') }), '{ "price": 1.50 }');
});

test('what is written can be read again', () => {
  const value = { a: [1, 'two', { three: [null, true, ['x'.repeat(90)]] }], 'key "quoted"': '</script>' };
  assert.deepEqual(parse(pretty(value)), value);
});
