import { createServer } from 'node:http';
import type { Server } from 'node:http';
import express5 from 'express';
import type { RequestHandler } from 'express';
import express4 from 'express4';
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

type Position = 'before' | 'after' | 'absent';

const versions = { 5: express5, 4: express4 as unknown as typeof express5 };
const columns = (['absent', 'before', 'after'] as const).flatMap((position) =>
  ([5, 4] as const).flatMap((version) =>
    [false, true].map((open) => ({ position, version, open })),
  ),
);

describe.each(columns)('Express $version, parser $position, public tools: $open', (column) => {
  const { position, version, open } = column;
  const oblige = obligingServer();
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer(appWith(position, versions[version], open, oblige.run));
    port = Number(new URL(await listen(server)).port);
  });
  afterAll(() => close(server));

  // Public operations let a request without a token reach its body; those cases answer otherwise.
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
      const status = await send(port, attack);
      expect({
        name: attack.name,
        status,
        ran: oblige.ran.filter((tool) => tool !== 'hello'),
      }).toEqual({
        name: attack.name,
        status: expect.toSatisfy(
          (code: unknown) => code === undefined || Number(code) < 500,
        ) as unknown,
        ran: attack.runs,
      });
    }
  });
});

function appWith(
  position: Position,
  express: typeof express5,
  open: boolean,
  run: (body: unknown) => void,
): express5.Express {
  const gate = attackedGate({ open });
  const app = express();
  const handler: RequestHandler = (req, res) => {
    run(req.body);
    res.json({ jsonrpc: '2.0', id: null, result: {} });
  };
  app.use(resourceMetadata(gate));
  if (position === 'before') app.use(express.json());
  app.all('/mcp', protect(gate));
  if (position === 'after') app.use(express.json());
  app.all('/mcp', handler);
  return app;
}
