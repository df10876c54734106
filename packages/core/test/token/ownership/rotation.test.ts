/** Keys that rotate on two instances while clients work, and headers that stand twice, over sockets. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Auth } from '../../../src/index.js';
import { createNodeGuard } from '../../../src/node/index.js';
import { ownedId } from '../../../src/token/ownership/index.js';
import { HOSTS } from '../../mcp/support/hosts.js';
import { close, listen } from '../../support/issuer.js';
import { ANN, BOB, KEY, OTHER_KEY, authOf, ownGate } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of closers.splice(0)) await one();
});

interface Instance {
  readonly origin: string;
  /** Starts the instance anew with these keys, while requests run. */
  rotate(keys: readonly string[]): void;
}

/** Answers a request without a session with a new one, and others with their session. */
async function startInstance(keys: readonly string[]): Promise<Instance> {
  const start = (with_: readonly string[]) => {
    const gate = ownGate({ ownership: { keys: with_ } });
    return { gate, guard: createNodeGuard(gate) };
  };
  let current = start(keys);
  const server = createServer((req, res) => {
    const { gate, guard } = current;
    void Promise.resolve(guard({ req, res })).then((passed) => {
      const session = req.headers['mcp-session-id'];
      return passed && res.end(session ?? ownedId(gate, passed.auth as Auth, { kind: 'session' }));
    });
  });
  closers.push(() => close(server));
  return { origin: await listen(server), rotate: (next) => void (current = start(next)) };
}

test('keys rotate on two instances under load: nothing is lost, nothing foreign admitted [HO-15, T159]', async () => {
  const instances = [await startInstance([KEY]), await startInstance([KEY])];
  const ask = async (index: number, token: string, session?: string) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(session !== undefined && { 'mcp-session-id': session }),
    };
    const response = await fetch(`${instances[index % 2]?.origin}/mcp`, { headers });
    return { status: response.status, text: await response.text() };
  };
  const run = { isRunning: true };
  const counts = { opened: 0, used: 0, lost: 0, attacked: 0, admitted: 0 };
  const keyIds = new Set<string>();
  const work = async (client: number): Promise<void> => {
    const token = `user${client}/app/notes:read/1`;
    const sessions: string[] = [];
    for (let round = client; run.isRunning; round++) {
      const { text } = await ask(round, token);
      sessions.push(text);
      keyIds.add(text.split('.', 1)[0] as string);
      counts.opened += 1;
      // The oldest, and the newest at the other instance.
      for (const session of [sessions[0] as string, text]) {
        const own = await ask(round + 1, token, session);
        counts.used += 1;
        if (own.status !== 200 || own.text !== session) counts.lost += 1;
        const foreign = await ask(round, `user${client}/other-app/notes:read/1`, session);
        counts.attacked += 1;
        if (foreign.status !== 404) counts.admitted += 1;
      }
    }
  };
  const clients = Array.from({ length: 6 }, (_, client) => work(client));
  const steps = [
    [KEY, OTHER_KEY],
    [OTHER_KEY, KEY],
  ];
  /** Waits until the clients have opened more sessions, however slow the machine is. */
  const more = async (): Promise<void> => {
    const enough = counts.opened + 12;
    while (counts.opened < enough) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  for (const keys of steps) {
    for (const instance of instances) {
      await more();
      instance.rotate(keys);
    }
  }
  await more();
  run.isRunning = false;
  await Promise.all(clients);
  expect(counts).toMatchObject({ lost: 0, admitted: 0 });
  expect(Math.min(counts.opened, counts.used, counts.attacked)).toBeGreaterThan(59);
  expect(keyIds.size).toBe(2);
});

/** Sends a GET with these header lines, byte for byte, and returns the status. */
function sendRaw(origin: string, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    let seen = '';
    socket.on('data', (data) => (seen += String(data)));
    socket.on('close', () => resolve(seen.slice(9, 12)));
    socket.on('error', reject);
    const head = [`GET /mcp HTTP/1.1`, 'host: x', `authorization: Bearer ${ANN}`, ...lines];
    socket.write(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n`);
  });
}

describe.each(HOSTS)('$name', (host) => {
  test.each([
    ['mcp-session-id', 'session'],
    ['last-event-id', 'event'],
  ])(
    "%s that stands twice, in any spelling, is nobody's [T153, T155, T157]",
    async (name, kind) => {
      const gate = ownGate();
      let reached = 0;
      const { origin, close: stop } = await host.start(gate, {
        async node(_req, res) {
          reached += 1;
          // Koa begins with 404.
          res.writeHead(200).end('reached');
        },
        async fetch() {
          reached += 1;
          return new Response('reached');
        },
      });
      closers.push(stop);
      const mint = async (token: string, as = kind): Promise<string> =>
        ownedId(gate, await authOf(gate, token), { kind: as });
      const [own, own2, foreign] = await Promise.all([mint(ANN), mint(ANN), mint(BOB)]);
      const other = await mint(ANN, kind === 'event' ? 'session' : 'event');
      const upper = name.toUpperCase();
      expect(await sendRaw(origin, [`${name}: ${own}`])).toBe('200');
      expect(await sendRaw(origin, [`${upper}:${own2}\t `])).toBe('200');
      expect(reached).toBe(2);
      const hostile = [
        // As two lines.
        [`${name}: ${own}`, `${name}: ${foreign}`],
        [`${upper}: ${foreign}`, `${name}: ${own}`],
        [`${name}: ${own}`, `${upper}: ${own2}`],
        [`${name}: ${own}`, `${name}: ${own}`],
        [`${name}: ${own}`, `${name}:`],
        [`${name}:`, `${name}: ${own}`],
        // As a list.
        [`${name}: ${own}, ${foreign}`],
        [`${name}: ${own},${own}`],
        [`${name}: ${own},`],
        [`${name}: ,${own}`],
        // In another spelling, of another caller, of another kind.
        [`${name}: ${own};${foreign}`],
        [`${name}: "${own}"`],
        [`${name}: ${foreign}`],
        [`${name}: ${other}`],
        [`${name}:`],
      ];
      for (const lines of hostile) {
        expect([lines, await sendRaw(origin, lines)]).toEqual([lines, '404']);
      }
      expect(reached).toBe(2);
    },
  );
});
