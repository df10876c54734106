import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { notesMcp } from '../../adapter-express/test/support/notes-mcp.js';
import { addNote, expectHanded } from '../../core/test/support/handed.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { startNotesGates } from '../../core/test/support/notes-gates.js';
import type { Run } from '../../core/test/support/notes-gates.js';
import { exchange } from '../../adapter-testkit/src/wire/raw-http.js';
import { authOf, protect } from '../src/index.js';

// In a file of its own: a server that does replace the global `Request` does so for good.
test('Hono on Node without its own global objects: the tool finds the evaluated body [T25]', async () => {
  const notes = await startNotesGates();
  const runs: Run[] = [];
  const mcp = notesMcp(runs);
  const app = new Hono();
  app.all('/mcp', protect(notes.gate), (c) =>
    mcp.fetch(c.req.raw, { authInfo: authOf(notes.gate, c) }),
  );
  const { Request: before } = globalThis;
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(listener as RequestListener);
  const origin = await listen(server);
  expect(await exchange(origin, addNote('2025-11-25', notes.tokens))).toMatchObject({
    status: 200,
  });
  expect(globalThis.Request).toBe(before);
  expectHanded(runs, notes.tokens);
  await Promise.all([close(server), notes.close()]);
});
