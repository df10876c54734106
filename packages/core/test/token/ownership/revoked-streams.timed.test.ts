/** Answers that stream when a real verifier, or the gate's `revocations`, refuses their token. */
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serveHono } from '../../../../adapter-hono/test/support/outgoing.js';
import { byTokenForm, createGate, staticTokens } from '../../../src/index.js';
import type { Gate, GateOptions, Verifier } from '../../../src/index.js';
import { createNodeGuard } from '../../../src/node/index.js';
import { genericProvider } from '../../../src/providers/index.js';
import { jwtVerifier } from '../../../src/token/jwt/index.js';
import { ownership } from '../../../src/token/ownership/index.js';
import { memoryRevocations } from '../../../src/token/revocations/index.js';
import { close, listen, startIssuer } from '../../support/issuer.js';
import type { TestIssuer } from '../../support/issuer.js';
import { KEY } from './support.js';

const RESOURCE = 'https://notes.example.com/mcp';

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer(RESOURCE);
});
afterAll(() => issuer.close());

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of closers.splice(0).toReversed()) await one();
});

function endingGate(options: Partial<GateOptions<'notes:read'>>): Gate<'notes:read'> {
  return createGate({
    ...{ resource: RESOURCE, scopes: ['notes:read'], ownership: ownership({ keys: [KEY] }) },
    streams: 'end-with-access',
    ...options,
  });
}

type Serve = (req: IncomingMessage, res: ServerResponse) => unknown;

async function serve(handle: Serve): Promise<string> {
  const server = createServer((req, res) => void handle(req, res));
  closers.push(() => close(server));
  return listen(server);
}

/** Writes on, also after the end of the answer. */
function stream(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => res.write('data: x\n\n'), 20);
  setTimeout(() => clearInterval(timer), 4000).unref();
}

function onNode(gate: Gate<'notes:read'>): Serve {
  const guard = createNodeGuard(gate, 'notes:read');
  return async (req, res) => {
    if ((await guard({ req, res })) !== undefined) stream(res);
  };
}

function onHono(gate: Gate<'notes:read'>): Serve {
  return serveHono(gate, (res) => {
    stream(res);
    return undefined;
  });
}

const PLACES = [
  { name: 'node:http', on: onNode },
  { name: "Node's response behind Hono", on: onHono },
];

/** Returns the milliseconds until the answer ends. */
async function open(origin: string, token: string): Promise<{ readonly ended: Promise<void> }> {
  const stop = new AbortController();
  closers.push(() => stop.abort());
  const response = await fetch(origin, {
    signal: stop.signal,
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return { ended: response.text().then(Boolean, Boolean) as Promise<unknown> as Promise<void> };
}

async function endsWithin(ended: Promise<void>, milliseconds: number): Promise<boolean> {
  const late = new Promise((resolve) => setTimeout(resolve, milliseconds, 'late'));
  return (await Promise.race([ended, late])) !== 'late';
}

const jwt = () => jwtVerifier({ issuer: issuer.issuer, allowInsecureLoopback: true });
const opaque = staticTokens({ secret: { scopes: ['notes:read'], subject: 'x', clientId: 'c' } });
type Revoke = (predicate: (claims: { sub?: unknown }) => boolean) => () => void;

/** Where a verifier of JWTs can stand, and its own `revoke`. */
const VERIFIERS: Readonly<
  Record<string, () => readonly [Partial<GateOptions<'notes:read'>>, Revoke]>
> = {
  jwtVerifier: () => {
    const verifier = jwt();
    return [{ verifier }, (predicate) => verifier.revoke(predicate)];
  },
  byTokenForm: () => {
    const verifier = jwt();
    return [
      { verifier: byTokenForm({ jwt: verifier, opaque }) },
      (predicate) => verifier.revoke(predicate),
    ];
  },
  'a byTokenForm in a byTokenForm': () => {
    const inner = jwt();
    const verifier = byTokenForm({ jwt: byTokenForm({ jwt: inner, opaque }), opaque });
    return [{ verifier }, (predicate) => inner.revoke(predicate)];
  },
  'a provider': () => {
    const provider = genericProvider({ issuer: issuer.issuer, allowInsecureLoopback: true });
    return [{ provider }, (predicate) => provider.verifier.revoke(predicate)];
  },
};

describe.each(PLACES)('$name', ({ on }) => {
  test.each(Object.entries(VERIFIERS))(
    'a stream ends when %s revokes its token, and the next request is a 401 [T162]',
    async (_name, make) => {
      const [options, revoke] = make();
      const origin = await serve(on(endingGate(options)));
      const [ray, eve] = await Promise.all([
        issuer.token({ sub: 'ray' }),
        issuer.token({ sub: 'eve' }),
      ]);
      const [mine, other] = [await open(origin, ray), await open(origin, eve)];
      expect(await endsWithin(mine.ended, 600)).toBe(false);
      revoke(({ sub }) => sub === 'ray');
      expect(await endsWithin(mine.ended, 1000)).toBe(true);
      const headers = { authorization: `Bearer ${ray}` };
      expect((await fetch(origin, { headers })).status).toBe(401);
      expect(await endsWithin(other.ended, 300)).toBe(false);
    },
  );

  test("a stream ends with the gate's revocations, whatever verified its token [T162]", async () => {
    const revocations = memoryRevocations();
    const options = { verifier: byTokenForm({ jwt: jwt(), opaque }), revocations };
    const origin = await serve(on(endingGate(options)));
    const [a, b] = [await open(origin, await issuer.token()), await open(origin, 'secret')];
    await revocations.revoke({ subject: 'x' }, { until: Date.now() / 1000 + 60 });
    expect(await endsWithin(b.ended, 1000)).toBe(true);
    expect(await endsWithin(a.ended, 300)).toBe(false);
  });

  test('goes on without the option', async () => {
    const verifier = jwt();
    const gate = createGate({ resource: RESOURCE, scopes: ['notes:read'], verifier });
    const mine = await open(await serve(on(gate)), await issuer.token());
    verifier.revoke(() => true);
    expect(await endsWithin(mine.ended, 1200)).toBe(false);
  });
});

test('a stream ends while the store of revocations cannot tell [T162]', async () => {
  const revocations = memoryRevocations();
  let isDown = false;
  const failing = {
    ...revocations,
    isRevoked(token: Parameters<typeof revocations.isRevoked>[0]) {
      if (isDown) throw new Error('no answer');
      return revocations.isRevoked(token);
    },
  };
  const origin = await serve(onNode(endingGate({ verifier: jwt(), revocations: failing })));
  const mine = await open(origin, await issuer.token());
  expect(await endsWithin(mine.ended, 600)).toBe(false);
  isDown = true;
  expect(await endsWithin(mine.ended, 1000)).toBe(true);
});

test('an answer of Hono itself ends with its body, not with its connection [T162]', async () => {
  const verifier = jwt();
  const app = serveHono(endingGate({ verifier }), () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const origin = await serve(app);
  const headers = { authorization: `Bearer ${await issuer.token()}` };
  const response = await fetch(origin, { headers });
  const text = response.text();
  verifier.revoke(() => true);
  // A connection that breaks off would reject.
  expect(await text).toBe('data: x\n\n');
});

test('a stream of HTTP/2 ends, and the others of its connection go on [T162]', async () => {
  const verifier = jwt();
  const guard = createNodeGuard(endingGate({ verifier }), 'notes:read');
  const server = createHttp2Server((req, res) => {
    const node = { req: req as never, res: res as never };
    void Promise.resolve(guard(node)).then((passed) => passed && stream(res as never));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closers.push(() => server.close());
  closers.push(() => session.destroy());
  const ask = async (sub: string) => {
    const authorization = `Bearer ${await issuer.token({ sub })}`;
    const sent = session.request({ ':path': '/', authorization });
    const began = new Promise((resolve) => sent.once('data', resolve));
    sent.on('error', () => undefined).resume();
    const ended = new Promise<void>((resolve) => sent.once('close', resolve));
    await began;
    return ended;
  };
  const [ray, eve] = [{ ended: ask('ray') }, { ended: ask('eve') }];
  await new Promise((resolve) => setTimeout(resolve, 300));
  verifier.revoke(({ sub }) => sub === 'ray');
  expect(await endsWithin(ray.ended, 1000)).toBe(true);
  expect(await endsWithin(eve.ended, 300)).toBe(false);
});

test.each(PLACES)(
  'a client that leaves while its token is verified is not waited for: $name [T162]',
  async ({ on }) => {
    const asked: (() => void)[] = [];
    let timers = 0;
    const verifier: Verifier = () =>
      new Promise((resolve) => {
        asked.push(() =>
          resolve({
            ...{ scopes: ['notes:read'], subject: 's', clientId: 'c' },
            // Asked once for each stream that is watched.
            expiresAt: Math.floor(Date.now() / 1000) + 60,
          }),
        );
      });
    const own = ownership({ keys: [KEY] });
    const counted: typeof own = {
      attach(gate, facts, auths) {
        const check = own.attach(gate, facts, auths);
        const { streamEnds } = check;
        const watch = streamEnds?.watch.bind(streamEnds);
        Object.assign(streamEnds as object, {
          watch: (...args: Parameters<NonNullable<typeof watch>>) => {
            timers += 1;
            return watch?.(...args);
          },
        });
        return check;
      },
    };
    const origin = await serve(on(endingGate({ verifier, ownership: counted })));
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\n\r\n');
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const verified of asked) verified();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(timers).toBe(0);
  },
);
