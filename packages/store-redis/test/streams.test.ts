/** Streams of four processes: each ends when access ends, wherever it was revoked. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIENTS } from './support/clients.js';
import { SERVERS, eventually, pause, startServer } from './support/redis-server.js';
import type { TestServer } from './support/redis-server.js';

/** Streams of each kind at each process; `WHOLE=1` opens 100. */
const STREAMS = process.env['WHOLE'] === undefined ? 3 : 100;

const ENTRY = fileURLToPath(new URL('support/streaming-instance.ts', import.meta.url));
const OUT = fileURLToPath(
  new URL('../node_modules/.tests/streaming-instance.mjs', import.meta.url),
);

interface Instance {
  readonly child: ChildProcess;
  readonly origin: string;
}

async function startInstance(name: string, port: number): Promise<Instance> {
  const child = fork(OUT, [name, String(port)], { execArgv: [] });
  const [listening] = (await once(child, 'message')) as [number];
  return { child, origin: `http://127.0.0.1:${listening}/mcp` };
}

const VERSION = '2026-07-28';
const LISTEN = {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'mcp-protocol-version': VERSION,
    'mcp-method': 'subscriptions/listen',
  },
  body: JSON.stringify({
    ...{ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen' },
    params: {
      notifications: { toolsListChanged: true },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': VERSION,
        'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }),
};

const KINDS: Readonly<Record<string, RequestInit>> = { GET: {}, 'subscriptions/listen': LISTEN };

interface Stream {
  readonly kind: string;
  /** Resolves with the time when the answer ends, by `performance.now`. */
  readonly ended: Promise<number>;
  isOpen(): boolean;
}

async function open(origin: string, token: string, kind: string): Promise<Stream> {
  const init = KINDS[kind] as RequestInit;
  const accept = 'application/json, text/event-stream';
  const headers = { ...(init.headers as object), authorization: `Bearer ${token}`, accept };
  const response = await fetch(origin, { ...init, headers });
  expect([kind, response.status]).toEqual([kind, 200]);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let isOpen = true;
  const end = (): number => {
    isOpen = false;
    return performance.now();
  };
  return { kind, ended: response.text().then(end, end), isOpen: () => isOpen };
}

async function openAll(instances: readonly Instance[], token: string): Promise<Stream[]> {
  // On a machine under load, an instance may not have heard from the server for a moment.
  const init = { method: 'DELETE', headers: { authorization: `Bearer ${token}` } };
  await eventually(async () => {
    const answers = instances.map(async ({ origin }) => (await fetch(origin, init)).status);
    return (await Promise.all(answers)).every((status) => status === 200);
  });
  return Promise.all(
    instances.flatMap(({ origin }) =>
      Object.keys(KINDS).flatMap((kind) =>
        Array.from({ length: STREAMS }, () => open(origin, token, kind)),
      ),
    ),
  );
}

/** Returns the milliseconds from `since` until the last one has ended. */
async function lastEnd(streams: readonly Stream[], since: number): Promise<number> {
  return Math.max(...(await Promise.all(streams.map(({ ended }) => ended)))) - since;
}

const seconds = (): number => Date.now() / 1000;

describe.each(SERVERS)('%s', (command) => {
  let server: TestServer;
  beforeAll(async () => {
    await build({
      ...{ entryPoints: [ENTRY], outfile: OUT, bundle: true, format: 'esm', platform: 'node' },
      ...{ target: 'node20', conditions: ['@scopegate/source'] },
      external: ['redis', 'ioredis', '@modelcontextprotocol/*'],
    });
    server = await startServer(command);
  });
  afterAll(() => server.close());

  describe.each(CLIENTS)('4 processes over %s', (name) => {
    let all: readonly Instance[] = [];
    beforeAll(async () => {
      const starting = Array.from({ length: 4 }, () => startInstance(name, server.port));
      all = await Promise.all(starting);
    });
    afterAll(() => {
      for (const { child } of all) child.kill('SIGKILL');
    });

    /** A machine under load may need a second for nothing: the quickest of some rounds counts. */
    async function quickest(round: (number: number) => Promise<number>): Promise<number> {
      const rounds: number[] = [];
      while (rounds.length < 4 && !(Math.min(...rounds) < 1_000)) {
        rounds.push(await round(rounds.length));
      }
      return Math.min(...rounds);
    }

    test('open streams end within a second of a revocation on one of them [T162]', async () => {
      const late = Math.floor(seconds()) + 3600;
      const others = await openAll(all, `${name}-eve/${late}`);
      const time = await quickest(async (round) => {
        const subject = `${name}-${round}`;
        const streams = await openAll(all, `${subject}/${late}`);
        await pause(400);
        expect(streams.every((one) => one.isOpen())).toBe(true);
        const started = performance.now();
        const [{ child }] = all as [Instance];
        child.send(subject);
        const last = await lastEnd(streams, started);
        const headers = { authorization: `Bearer ${subject}/${late}` };
        for (const { origin } of all) expect((await fetch(origin, { headers })).status).toBe(401);
        return last;
      });
      if (STREAMS > 3)
        console.log(`${others.length} streams: the last one ended after ${Math.round(time)} ms`);
      expect(time).toBeLessThan(1_000);
      expect(others.every((one) => one.isOpen())).toBe(true);
    });

    test('open streams end within a second of the expiry of their token [T162]', async () => {
      const time = await quickest(async () => {
        const expiresAt = Math.floor(seconds()) + 3;
        const streams = await openAll(all, `ray/${expiresAt}`);
        const until = expiresAt * 1000 - Date.now();
        const expired = performance.now() + until;
        await pause(until - 200);
        expect(streams.every((one) => one.isOpen())).toBe(true);
        return lastEnd(streams, expired);
      });
      expect(time).toBeGreaterThanOrEqual(0);
      expect(time).toBeLessThan(1_000);
    });

    test('open streams end when the server is gone, and can be opened again after it [T162]', async () => {
      const token = `${name}-eve/${Math.floor(seconds()) + 3600}`;
      const streams = await openAll(all, token);
      server.pause();
      // An instance refuses when it has not heard from the server for 4 seconds.
      const time = await lastEnd(streams, performance.now()).finally(() => server.resume());
      expect(time).toBeLessThan(8_000);
      await openAll(all, token);
    });
  });
});

test.skipIf(SERVERS.length === 0)(
  'a server is installed, so that nothing above was skipped',
  () => {
    expect(SERVERS).toContain('redis-server');
  },
);
