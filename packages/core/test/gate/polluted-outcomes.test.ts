/** What an outcome is told by must be its own: a library in front may have polluted the prototype. */
import { afterEach, expect, test } from 'vitest';
import { callTool, notesGate, request } from '../support/mcp.js';

const gate = notesGate();
const prototype = Object.prototype as Record<string, unknown>;
const NAMES = ['refusal', 'fault', 'reply', 'parsed', 'bytes', 'tooLarge', 'body'];

afterEach(() => {
  for (const name of NAMES) delete prototype[name];
});

const LET_IN = { allowed: true, auth: undefined, headers: [], body: callTool('add_note') };

test.each([
  ['refusal', LET_IN],
  ['fault', LET_IN],
  ['parsed', callTool('read_notes')],
])('a polluted %s lets nobody in who was not [T09]', async (name, value) => {
  const body = callTool('add_note');
  const asked = [
    request({ token: 'notes.read', body }),
    request({ token: undefined, body }),
    request({ token: 'bad', body }),
  ];
  prototype[name] = value;
  const decisions = await Promise.all(asked.map((one) => gate.check(one)));
  for (const one of NAMES) delete prototype[one];
  expect(decisions.map(({ allowed }) => allowed)).toEqual([false, false, false]);
});

test('a polluted `refusal` does not refuse an allowed caller [T09]', async () => {
  const asked = request({ token: 'notes.read', body: callTool('read_notes') });
  prototype['refusal'] = LET_IN;
  const decision = await gate.check(asked);
  delete prototype['refusal'];
  expect(decision).toMatchObject({ allowed: true, body: callTool('read_notes') });
  expect(decision.allowed && decision.auth?.scopes).toContain('notes:read');
});

test('a polluted `body` is not taken for the evaluated one [T09]', async () => {
  const asked = { method: 'GET', url: '/notes', headers: { get: () => 'Bearer notes.read' } };
  prototype['body'] = callTool('add_note');
  const decision = await gate.check(asked, 'notes:read');
  const left = decision.allowed && decision.body;
  delete prototype['body'];
  expect(decision.allowed).toBe(true);
  expect(left).toBeUndefined();
});
