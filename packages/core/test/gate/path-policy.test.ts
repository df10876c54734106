/** A policy that goes by the path stands only where the gate sees the path that the application gets. */
import { describe, expect, test } from 'vitest';
import { createGate, httpPolicy } from '../../src/index.js';
import type { Gate, GateOptions } from '../../src/index.js';
import { mcpPolicy } from '../../src/mcp/index.js';
import { createProxy } from '../../../proxy/src/index.js';
import { scopes, scopesAsToken } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const policy = httpPolicy([
  { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
  { method: '*', path: '/notes/secret', rule: 'admin:notes' },
  { method: 'GET', path: '/notes/secret', rule: 'admin:notes' },
]);

const gateWith = (options: Partial<GateOptions<NotesScope>>): Gate<NotesScope> =>
  createGate({
    resource: 'https://notes.example.com/',
    verifier: scopesAsToken,
    scopes,
    policy,
    ...options,
  });
const gate = gateWith({});

const request = (path: string): Request =>
  new Request(`https://notes.example.com${path}`, {
    headers: { authorization: 'Bearer notes.read' },
  });

describe('behind a router', () => {
  test('a route needs a rule of its own: a TypeError at mount says what to do [T136, T01]', () => {
    expect(() => gate.route()).toThrow(TypeError);
    expect(() => gate.route()).toThrow(
      /^rule: the gate's policy goes by the path \(httpPolicy\).+give the route its own rule, protect\(gate, rule\), or .+gate\.fetch\(handler\)$/,
    );
    expect(() => gate.route('notes:read')).not.toThrow();
    expect(() => gateWith({ policy: mcpPolicy(scopes, {}) }).route()).not.toThrow();
  });

  test('a policy must say what it reads [T136, T132]', () => {
    for (const reads of [undefined, 'target', true]) {
      // Made by hand: the members of a class are not copied by a spread.
      const own = { ...policy, match: () => undefined, readBody: () => undefined, reads };
      expect(() => gateWith({ policy: own as never })).toThrow(
        /^policy\.reads: expected 'path' or/,
      );
    }
  });
});

describe('in front of the application', () => {
  const answers = async (handler: (one: Request) => Promise<Response>): Promise<number[]> => {
    const statuses = [];
    for (const path of ['/notes/7', '/notes/secret', '/notes/%73ecret', '/notes/x/../secret']) {
      statuses.push((await handler(request(path))).status);
    }
    return statuses;
  };

  test('it decides, in gate.fetch [T136]', async () => {
    const ran: string[] = [];
    const handler = gate.fetch((one) => new Response(`${ran.push(new URL(one.url).pathname)}`));
    expect(await answers(handler)).toEqual([200, 403, 403, 403]);
    expect(ran).toEqual(['/notes/7']);
  });

  test('it decides, in the proxy [T136]', async () => {
    const ran: string[] = [];
    const handler = createProxy(gate, 'http://127.0.0.1:1/', {
      fetch: async (input) => new Response(`${ran.push(new URL(new Request(input).url).pathname)}`),
    });
    expect(await answers(handler)).toEqual([200, 403, 403, 403]);
    expect(ran).toEqual(['/notes/7']);
  });
});
