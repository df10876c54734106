/** A gate with `dpop` and revocations over a real server that goes down and comes back. */
import { afterEach, describe, expect, test } from 'vitest';
import { createGate } from '@scopegate/core';
import type { DecisionEvent, Revocations } from '@scopegate/core';
import { dpop } from '@scopegate/core/dpop';
import { createKey, proofOf } from '../../core/test/support/dpop.js';
import { redisReplayStore, redisRevocations } from '../src/index.js';
import { CLIENTS, connectTo } from './support/clients.js';
import { SERVERS, eventually, pause, startServer } from './support/redis-server.js';

const RESOURCE = 'https://notes.example.com/mcp';
const key = createKey();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(SERVERS)('%s', (command) => {
  test.each(CLIENTS)(
    '%s killed: every DPoP request is 503; Bearer goes on without revocations, and never with them [DP-8, T90, T100]',
    async (name) => {
      const server = await startServer(command, ['--appendonly', 'yes', '--appendfsync', 'always']);
      closing.push(() => server.close());
      const { client, close } = await connectTo(name, server.port);
      closing.push(close);
      const revocations = redisRevocations(client, {
        secret: 'a secret of 32 bytes, for the tests',
      });
      closing.push(() => revocations.close());
      await revocations.ready();

      let reached = 0;
      const events: DecisionEvent[] = [];
      const serve = (given?: Revocations): ((request: Request) => Promise<Response>) => {
        const gate = createGate({
          ...{ resource: RESOURCE, authorizationServers: ['https://idp.example.com'] },
          scopes: ['notes:read'],
          verifier: (token) => ({
            claims: {
              ...{ sub: token, client_id: 'c1', scope: 'notes:read' },
              ...(token.startsWith('bound') && { cnf: { jkt: key.jkt } }),
            },
          }),
          dpop: dpop({ replay: redisReplayStore(client) }),
          ...(given && { revocations: given }),
          onDecision: (event) => void events.push(event),
          onError: () => undefined,
        });
        return gate.fetch(() => {
          reached++;
          return new Response('reached');
        }, 'notes:read');
      };
      const [without, revocable] = [serve(), serve(revocations)];
      /** Sends a request, and checks that it reached the handler if, and only if, it was let through. */
      const send = async (
        handler: typeof without,
        headers: Record<string, string>,
      ): Promise<number> => {
        const before = { reached, events: events.length };
        const { status } = await handler(new Request(RESOURCE, { method: 'POST', headers }));
        expect(reached - before.reached).toBe(status === 200 ? 1 : 0);
        expect(events.length - before.events).toBe(1);
        return status;
      };
      const bearer = { authorization: 'Bearer plain' };
      const bound = (token = 'bound'): Record<string, string> => ({
        authorization: `DPoP ${token}`,
        dpop: proofOf(key, token, { claims: { iat: Math.floor(Date.now() / 1000) } }),
      });
      const isUp = async (): Promise<boolean> =>
        (await send(without, bound())) === 200 && (await send(revocable, bearer)) === 200;

      await eventually(isUp);
      // Under load a store may answer too late: a new proof is tried then.
      let used = bound();
      await eventually(async () => {
        used = bound();
        return (await send(without, used)) === 200;
      });
      /** Sends the used proof until the store answers in time. It is never let through. */
      const replay = (): Promise<void> =>
        eventually(async () => {
          const status = await send(without, used);
          expect(status).not.toBe(200);
          return status === 401;
        });
      await replay();
      expect(events.at(-1)).toMatchObject({ reason: 'invalid_dpop_proof', expected: ['jti'] });

      await server.kill();
      // Longer than revocations may be out of date.
      await pause(1_500);
      for (let round = 0; round < 5; round++) {
        for (const handler of [without, revocable]) {
          expect(await send(handler, bound())).toBe(503);
          expect(events.at(-1)).toMatchObject({ reason: 'verifier_unavailable' });
          // A proof that was used before is not admitted either, whatever is known of it.
          expect(await send(handler, used)).toBe(503);
          // The scheme does not fall back: the token is bound.
          expect(await send(handler, { ...bound(), authorization: 'Bearer bound' })).not.toBe(200);
        }
        expect(await send(without, bearer)).toBe(200);
        expect(await send(revocable, bearer)).toBe(503);
      }

      await server.restart();
      await eventually(isUp);
      await replay();
      await revocations.revoke({ subject: 'bound' }, { until: Date.now() / 1000 + 600 });
      expect(await send(revocable, bound())).toBe(401);
      expect(events.at(-1)).toMatchObject({ reason: 'invalid_token', detail: 'revoked' });
      await eventually(async () => (await send(without, bound())) === 200);
    },
  );
});
