/** Answers that go on, clients that go away, and bodies that are large. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Middleware } from 'koa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notesMcp, toNodeHandler } from '../../adapter-express/test/support/notes-mcp.js';
import { call } from '../../adapter-testkit/src/cases/index.js';
import { rpc } from '../../core/test/support/handed.js';
import { notesGate, startNotesGates } from '../../core/test/support/notes-gates.js';
import type { Run, NotesGates } from '../../core/test/support/notes-gates.js';
import { Connection } from '../../adapter-testkit/src/wire/raw-http.js';
import { protect } from '../src/index.js';
import { FRAMEWORKS, serveMcp } from './support/harness.js';
import { serve } from './support/serve.js';

let notes: NotesGates;
beforeAll(async () => {
  notes = await startNotesGates();
});
afterAll(() => notes.close());

const bearer = () => ({ Authorization: `Bearer ${notes.tokens.reader}` });

/** An endless stream of events, and a promise that resolves when it was stopped. */
interface Events {
  readonly handler: Middleware;
  readonly stopped: Promise<unknown>;
}

const WAYS: Readonly<Record<string, () => Events>> = {
  'ctx.body'() {
    const stream = new Readable({ read: () => undefined });
    stream.push('data: 1\n\n');
    return {
      stopped: closed(stream),
      handler(ctx) {
        ctx.type = 'text/event-stream';
        ctx.body = stream;
      },
    };
  },
  'ctx.res'() {
    const { promise, resolve } = withResolvers();
    return {
      stopped: promise,
      handler(ctx) {
        ctx.respond = false;
        ctx.res.once('close', resolve);
        ctx.res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        ctx.res.write('data: 1\n\n');
      },
    };
  },
};

const columns = FRAMEWORKS.flatMap(([name, Koa]) =>
  Object.entries(WAYS).map(([way, make]) => ({ name, Koa, way, make })),
);

describe.each(columns)('$name, events through $way', ({ Koa, make }) => {
  test('arrive at once, have the header `Vary`, and end when the client goes [T49]', async () => {
    const { handler, stopped } = make();
    const { origin, errors } = await serve(Koa, (app) => {
      app.use(protect(notes.gate, 'notes:read')).use(handler);
    });
    const stop = new AbortController();
    const answer = await fetch(origin, { headers: bearer(), signal: stop.signal });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.headers.get('vary')).toBe('Authorization');
    const { value } = await (answer.body as ReadableStream<Uint8Array>).getReader().read();
    expect(Buffer.from(value ?? []).toString()).toBe('data: 1\n\n');
    stop.abort();
    await stopped;
    // Koa alone reports an error for a client that leaves: the stream ended early.
    expect(errors.filter((error) => !/premature|abort/i.test(String(error)))).toEqual([]);
  });

  test('do not begin without a token [AH-1]', async () => {
    const { handler } = make();
    const { send } = await serve(Koa, (app) => {
      app.use(protect(notes.gate, 'notes:read', handler));
    });
    expect((await send({ target: '/' })).status).toBe(401);
  });
});

describe.each(FRAMEWORKS)('%s', (_name, Koa) => {
  test('a client that goes during the decision does no harm; an allowed handler still runs', async () => {
    const { promise: evaluated, resolve: evaluate } = withResolvers();
    const { promise: asked, resolve: ask } = withResolvers();
    const { promise: ran, resolve: run } = withResolvers();
    const gate = notesGate(notes.issuer.issuer, {
      verifier: async () => {
        ask();
        await evaluated;
        return { subject: 'ray', scopes: ['notes:read'] };
      },
    });
    const requests: IncomingMessage[] = [];
    const { origin, errors } = await serve(Koa, (app) => {
      app.use((ctx, next) => {
        requests.push(ctx.req);
        return next();
      });
      app.use(protect(gate, 'notes:read')).use((ctx) => {
        ctx.body = 'done';
        run();
      });
    });
    const connection = new Connection(origin);
    connection.send({ headers: Object.entries(bearer()) });
    await asked;
    const gone = closed(requests[0] as IncomingMessage);
    connection.close();
    await gone;
    evaluate();
    await ran;
    expect(errors).toEqual([]);
  });

  test('a body just under the limit is evaluated and passed on; one above is not read [T29]', async () => {
    const runs: Run[] = [];
    const mcp = serveMcp(toNodeHandler(notesMcp(runs)));
    const { send } = await serve(Koa, (app) => app.use(protect(notes.gate)).use(mcp));
    const message = (size: number) =>
      rpc(notes.tokens, call('add_note', { text: 'x'.repeat(size) }), [
        ['MCP-Protocol-Version', '2025-11-25'],
      ]);
    expect((await send(message(1_000_000))).status).toBe(200);
    expect(runs).toMatchObject([{ args: { text: 'x'.repeat(1_000_000) } }]);
    expect((await send(message(1_100_000))).status).toBe(413);
    expect(runs).toHaveLength(1);
  });
});

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
  });
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
