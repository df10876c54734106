import { expect, test } from 'vitest';
import { entryName } from '../../src/policy/index.js';

test.each([
  ['tools/call', 'add_note', 'tools/call add_note'],
  ['GET', '/notes/{id}', 'GET /notes/{id}'],
  ['tools/list', undefined, 'tools/list'],
])('an entry of %s, about %s, is called %s', (method, name, called) => {
  expect(entryName(name === undefined ? { method } : { method, name })).toBe(called);
});
