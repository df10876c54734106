import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  attackCases,
  attackedGate,
  obligingServer,
  send,
  verdict,
} from '../../core/test/support/attacks.js';
import { close, listen } from '../../core/test/support/issuer.js';
import { protect, resourceMetadata } from '../src/index.js';

const columns = (['absent', 'before'] as const).flatMap((position) =>
  [false, true].map((open) => ({ position, open })),
);

describe.each(columns)('Hono, body read $position, public tools: $open', ({ position, open }) => {
  const oblige = obligingServer();
  let server: Server;
  let port: number;
  beforeAll(async () => {
    const gate = attackedGate({ open });
    const app = new Hono();
    app.use(resourceMetadata(gate));
    if (position === 'before') {
      app.use(async (c, next) => {
        await c.req.json().catch(() => undefined);
        await next();
      });
    }
    app.all('/mcp', protect(gate), async (c) => {
      oblige.run(c.var.parsedBody);
      oblige.run(await c.req.json().catch(() => undefined));
      return c.json({ jsonrpc: '2.0', id: null, result: {} });
    });
    server = createAdaptorServer({ fetch: app.fetch }) as Server;
    port = Number(new URL(await listen(server)).port);
  });
  afterAll(() => close(server));

  const cases = open ? attackCases.filter(({ token }) => token !== null) : attackCases;
  test.each(cases)(
    '$name [T20, T21, T22, T23, T26, T27, T28, T29, T30, T31, T32, T71]',
    async (attack) => {
      oblige.ran.length = 0;
      const status = await send(port, attack);
      expect(verdict(attack, status, oblige.ran, position === 'before')).toBeUndefined();
    },
  );

  if (!open) return;
  test('no case without a token runs anything but what is public [AH-15, OP-13]', async () => {
    for (const attack of attackCases.filter(({ token }) => token === null)) {
      oblige.ran.length = 0;
      await send(port, attack);
      const stray = oblige.ran.filter((tool) => tool !== 'hello' && !attack.runs.includes(tool));
      expect({ name: attack.name, stray }).toEqual({ name: attack.name, stray: [] });
    }
  });
});
