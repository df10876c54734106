import { IncomingMessage, ServerResponse, createServer } from 'node:http';
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError, authenticated } from '../../src/index.js';
import type { Auth, Refusal, Reply, Rule } from '../../src/index.js';
import { guardTool } from '../../src/mcp/index.js';
import { createStagedNodeGuard, keepRefusal, pendingRefusalOf } from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { callTool, notesGate, rpc } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';
import { exchange } from '../../../adapter-testkit/src/wire/raw-http.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});

interface Stage {
  readonly rule: Rule<NotesScope> | undefined;
  readonly early: boolean;
}

const early = { rule: undefined, early: true } as const;
const late = { rule: undefined, early: false } as const;

/** Runs a scenario in a real request that a parser has read, and returns its result. */
async function within<T>(scenario: (req: GuardedRequest) => Promise<T>, token = 'notes.read') {
  let result: T | undefined;
  const server = createServer((req: GuardedRequest, res) => {
    req.resume().once('end', () => {
      req.body = callTool('read_notes');
      void scenario(req)
        .then((value) => (result = value))
        .finally(() => res.end());
    });
  });
  servers.push(server);
  const body = JSON.stringify(callTool('read_notes'));
  const headers = [
    ['Authorization', `Bearer ${token}`],
    ['Content-Type', 'application/json'],
  ] as const;
  await exchange(await listen(server), { method: 'POST', target: '/mcp', headers, body });
  return result;
}

/** A request whose body nobody has read. */
function requestOf(method: string, body?: object, token = 'notes.read'): GuardedRequest {
  const req: GuardedRequest = new IncomingMessage(new Socket());
  Object.assign(req, { method, url: '/mcp', httpVersionMajor: 1 });
  req.rawHeaders.push('Authorization', `Bearer ${token}`);
  if (body !== undefined) {
    const bytes = JSON.stringify(body);
    req.rawHeaders.push('Content-Type', 'application/json', 'Content-Length', `${bytes.length}`);
    req.push(bytes);
  }
  req.push(null);
  return req;
}

type Outcome = { readonly allowed: true } | Refusal | undefined;

interface Call {
  readonly req: GuardedRequest;
  readonly res: ServerResponse;
  readonly rule: Rule<NotesScope> | undefined;
  readonly refused: (refusal: Reply) => void;
}

/** A guard that returns its decision, `undefined` if nothing was left to check. */
function stagesOf(gate: ReturnType<typeof notesGate>) {
  const guard = createStagedNodeGuard<NotesScope, Call>(gate, undefined, {
    write: ({ refused }, reply) => refused(reply),
    place: ({ req, res, rule }) => {
      const config = rule === undefined ? {} : { scopegate: rule as Rule };
      return { req, res, config };
    },
  });
  return (req: GuardedRequest, { rule, early: isEarly }: Stage): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const res = new ServerResponse(req);
      const refused = (refusal: Reply): void => resolve(refusal as Refusal);
      guard[isEarly ? 'early' : 'late']({ req, res, rule, refused }, (error) => {
        if (error !== undefined) reject(error);
        // What is allowed varies at least by `Authorization`.
        else resolve(res.hasHeader('vary') ? { allowed: true } : undefined);
      });
    });
}

/** The refusal of an error that was thrown behind the guards. */
function refuseThrown(error: unknown, req: GuardedRequest): Refusal | undefined {
  keepRefusal(error, req, () => {});
  return pendingRefusalOf(req);
}

describe('a staged guard', () => {
  test('checks the token first, the operation later, and then nothing more [T46]', async () => {
    const guard = stagesOf(notesGate());
    const outcomes = await within(async (req) => [
      (await guard(req, early))?.allowed,
      (await guard(req, early))?.allowed,
      (await guard(req, late))?.allowed,
      (await guard(req, late))?.allowed,
    ]);
    expect(outcomes).toEqual([true, undefined, true, undefined]);
  });

  test('evaluates a rule at once', async () => {
    const guard = stagesOf(notesGate());
    const rule = 'notes:write';
    const refused = await within(async (req) => guard(req, { ...early, rule }));
    expect(refused).toMatchObject({ allowed: false, status: 403 });
  });

  test('asks a function about a body once, and again after a change in place [T16, T25]', async () => {
    const asked: unknown[] = [];
    const read_notes: Rule<NotesScope> = ({ args }) => {
      asked.push(args);
      return asked.length === 1 ? 'notes:read' : 'notes:write';
    };
    const guard = stagesOf(notesGate({ tools: { read_notes } }));
    const outcomes = await within(async (req) => {
      const first = [await guard(req, late), await guard(req, late)];
      (req.body as { params: { arguments: object } }).params.arguments = { id: 7 };
      return [...first, await guard(req, late)];
    });
    expect(outcomes).toMatchObject([{ allowed: true }, undefined, { status: 403 }]);
    expect(asked).toEqual([{}, { id: 7 }]);
  });

  test('evaluates again what a static rule allowed, and refuses what became of it [T16, T25]', async () => {
    const guard = stagesOf(notesGate());
    const outcomes = await within(async (req) => {
      const first = [await guard(req, late), await guard(req, late)];
      (req.body as { params: { name: string } }).params.name = 'add_note';
      return [...first, await guard(req, late)];
    });
    expect(outcomes).toMatchObject([{ allowed: true }, undefined, { status: 403 }]);
  });

  test('asks a function once about a body that the gate itself has read', async () => {
    const asked: unknown[] = [];
    const read_notes: Rule<NotesScope> = ({ args }) => {
      asked.push(args);
      return 'notes:read';
    };
    const guard = stagesOf(notesGate({ tools: { read_notes } }));
    const req = requestOf('POST', callTool('read_notes', { id: 7 }));
    expect(await guard(req, late)).toEqual({ allowed: true });
    expect(await guard(req, late)).toBeUndefined();
    expect(asked).toEqual([{ id: 7 }]);
  });

  test('asks a function once about a request without a body, whatever a parser left there', async () => {
    const asked: unknown[] = [];
    const floor: Rule<NotesScope> = ({ operation }) => {
      asked.push(operation.method);
      return 'notes:read';
    };
    const guard = stagesOf(notesGate({ floor }));
    const req = requestOf('GET');
    req.body = {};
    expect(await guard(req, late)).toEqual({ allowed: true });
    expect(await guard(req, late)).toBeUndefined();
    expect(asked).toEqual(['GET']);
  });

  test('asks a function again about a body that cannot be copied', async () => {
    const answers: NotesScope[] = ['notes:write', 'notes:read'];
    const read_notes: Rule<NotesScope> = () => answers.pop() ?? 'admin:notes';
    const guard = stagesOf(notesGate({ tools: { read_notes } }));
    const outcomes = await within(async (req) => {
      Object.assign(req.body as object, { toJSON: () => callTool('read_notes') });
      return [await guard(req, late), await guard(req, late)];
    });
    expect(outcomes).toMatchObject([{ allowed: true }, { status: 403 }]);
  });

  test('evaluates what took the place of a body that a function allowed [T16, T25]', async () => {
    const guard = stagesOf(
      notesGate({ tools: { read_notes: () => 'notes:read', add_note: 'notes:write' } }),
    );
    const outcomes = await within(async (req) => {
      const first = [await guard(req, late), await guard(req, late)];
      req.body = callTool('add_note');
      return [...first, await guard(req, late)];
    });
    expect(outcomes).toMatchObject([{ allowed: true }, undefined, { status: 403 }]);
  });

  test.each<[what: string, change: (req: GuardedRequest) => void]>([
    ['was changed', ({ body }) => Object.assign(body as object, callTool('read_notes', { id: 7 }))],
    ['took its place', (req) => (req.body = callTool('read_notes', { id: 7 }))],
  ])('code that reads the bytes gets what %s and was evaluated [T16, T25]', async (_, change) => {
    const guard = stagesOf(notesGate());
    const read = await within(async (req) => {
      await guard(req, late);
      const before = JSON.parse(String(req.rawBody)) as unknown;
      change(req);
      await guard(req, late);
      return [before, JSON.parse(String(req.rawBody)) as unknown];
    });
    expect(read).toEqual([callTool('read_notes'), callTool('read_notes', { id: 7 })]);
  });

  test('makes up for a stage that never came [T04, T25]', async () => {
    const guard = stagesOf(notesGate());
    const bad = await within(async (req) => guard(req, late), 'bad');
    expect(bad).toMatchObject({ allowed: false, status: 401 });
    const missing = await within(async (req) => guard(req, late), 'none');
    expect(missing).toMatchObject({ allowed: false, status: 403 });
  });

  test('checks again after a refusal', async () => {
    const guard = stagesOf(notesGate());
    const outcomes = await within(
      async (req) => [
        (await guard(req, late))?.allowed,
        (await guard(req, late))?.allowed,
        (await guard(req, late))?.allowed,
      ],
      'none',
    );
    expect(outcomes).toEqual([false, false, false]);
  });

  test.each([
    ['took its place', (req: GuardedRequest) => (req.body = callTool('add_note'))],
    [
      'changed it',
      ({ body }: GuardedRequest) => Object.assign(body as object, callTool('add_note')),
    ],
    [
      'made it something that cannot be copied',
      ({ body }: GuardedRequest) =>
        Object.assign(body as object, {
          ...callTool('add_note'),
          toJSON: () => callTool('read_notes'),
        }),
    ],
  ])('evaluates again when something %s [T16, T25]', async (_what, change) => {
    const guard = stagesOf(notesGate());
    const outcomes = await within(async (req) => {
      const first = await guard(req, late);
      change(req);
      return [first?.allowed, (await guard(req, late))?.allowed];
    });
    expect(outcomes).toEqual([true, false]);
  });

  test.each<[what: string, change: object, rule?: Rule<NotesScope>]>([
    ['rule', {}, 'notes:write'],
    ['target', { url: '/other' }],
    ['method', { method: 'PUT' }],
  ])('lets nothing pass for another %s [T31, T32]', async (what, change, other) => {
    const asked: string[] = [];
    const rule: Rule<NotesScope> = ({ operation: { method, name = '' } }) => {
      asked.push(`${method} ${name}`);
      return asked.at(-1) === 'POST /mcp' ? 'notes:read' : 'notes:write';
    };
    const guard = stagesOf(notesGate());
    const outcomes = await within(async (req) => {
      const allowed = [];
      for (const one of [early, late]) allowed.push((await guard(req, { ...one, rule }))?.allowed);
      Object.assign(req, change);
      // From the router on, all comes again.
      allowed.push((await guard(req, { ...early, rule: other ?? rule }))?.allowed);
      return allowed;
    });
    expect(outcomes).toEqual([true, undefined, false]);
    expect(asked.slice(0, 2)).toEqual(
      {
        rule: ['POST /mcp'],
        target: ['POST /mcp', 'POST /other'],
        method: ['POST /mcp', 'PUT /mcp'],
      }[what],
    );
  });

  test('has nothing left to check after another target was checked, either', async () => {
    const guard = stagesOf(notesGate());
    const outcomes = await within(async (req) => {
      const first = await guard(req, late);
      req.url = '/other';
      return [first, await guard(req, late), await guard(req, late)];
    });
    expect(outcomes).toEqual([{ allowed: true }, { allowed: true }, undefined]);
  });

  test('leaves its auth, and answers what is thrown [C403-1]', async () => {
    const gate = notesGate();
    const guard = stagesOf(gate);
    const seen = await within(async (req) => {
      await guard(req, late);
      return [gate.issued(req.auth), refuseThrown(new InsufficientScopeError('notes:write'), req)];
    });
    expect(seen).toMatchObject([true, { status: 403 }]);
  });

  test('checks for itself what another gate has let through', async () => {
    const strict = notesGate({ tools: { read_notes: 'notes:write' } });
    const [around, inside] = [stagesOf(notesGate()), stagesOf(strict)];
    const outcomes = await within(async (req) => [
      await around(req, late),
      await inside(req, late),
      await around(req, late),
    ]);
    expect(outcomes).toMatchObject([{ allowed: true }, { status: 403 }, undefined]);
  });

  test('keeps what it has checked when another gate checks, too', async () => {
    const inner = notesGate();
    const [around, inside] = [stagesOf(notesGate()), stagesOf(inner)];
    const seen = await within(async (req) => {
      const outcomes = [];
      for (const guard of [around, inside, around, inside]) outcomes.push(await guard(req, late));
      return { outcomes, isInner: inner.issued(req.auth) };
    });
    const allowed = { allowed: true };
    expect(seen).toEqual({ outcomes: [allowed, allowed, undefined, undefined], isInner: true });
  });

  test('leaves the auth of the innermost gate, which answers what is thrown [T16, T43]', async () => {
    const [outer, inner] = [notesGate({}, { realm: 'outer' }), notesGate({}, { realm: 'inner' })];
    const seen = await within(async (req) => {
      expect(refuseThrown(new InsufficientScopeError('notes:write'), req)).toBeUndefined();
      const [around, inside] = [stagesOf(outer), stagesOf(inner)];
      for (const stage of [early, late]) {
        await around(req, stage);
        // A rule is evaluated early, so the outer gate is the last to check.
        await inside(req, { ...stage, rule: 'notes:read' });
      }
      const refusal = refuseThrown(new InsufficientScopeError('notes:write'), req);
      const other = refuseThrown(new Error('other'), req);
      return { auth: req.auth, refusal: JSON.stringify(refusal?.headers), other };
    });
    expect(inner.issued(seen?.auth)).toBe(true);
    expect(seen?.refusal).toContain('inner');
    expect(seen?.refusal).not.toContain('outer');
    expect(seen?.other).toBeUndefined();
  });
});

interface Place {
  readonly req: GuardedRequest;
  readonly res: ServerResponse;
}

/** A guard that writes the status of a refusal, and returns it. */
function plainGuard(gate: ReturnType<typeof notesGate>) {
  return createStagedNodeGuard<NotesScope, Place>(gate, undefined, {
    place: ({ req, res }) => ({ req, res }),
    write: ({ res }, { status }) => (res.statusCode = status),
  });
}

describe('the last stage', () => {
  test.each([
    ['notes.read', 'ran', ['handler']],
    ['none', 403, []],
    ['bad', 401, []],
  ])('checks all that no stage has checked: %s [T04, T25]', async (token, result, ran) => {
    const req = requestOf('POST', callTool('read_notes'), token);
    const log: string[] = [];
    const handler = (): string => (log.push('handler'), 'ran');
    const guard = plainGuard(notesGate());
    expect(await guard.run({ req, res: new ServerResponse(req) }, handler)).toBe(result);
    expect(log).toEqual(ran);
  });
});

test('an operation that a hook made of another is watched for a refusal [C403-1]', async () => {
  const gate = notesGate({ tools: {}, otherTools: authenticated() });
  const guard = plainGuard(gate);
  const status = await within(async (req) => {
    const res = new ServerResponse(req);
    const pass = (): Promise<void> =>
      new Promise((resolve, reject) =>
        guard.late({ req, res }, (error) => (error ? reject(error) : resolve())),
      );
    req.body = rpc('tools/list');
    await pass();
    Object.assign(req.body as object, callTool('add'));
    await pass();
    const tool = guardTool(gate, 'notes:write', (_context: object) => ({ content: [] }));
    const result = await tool({ authInfo: req.auth, requestId: 1 });
    res.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
    return res.statusCode;
  });
  expect(status).toBe(403);
});

test('a stage that waited hands on the error of an answer that cannot be written', async () => {
  const broken = new Error('broken');
  const guard = createStagedNodeGuard<NotesScope, Place>(
    notesGate({}, { verifier: async () => undefined }),
    undefined,
    {
      place: ({ req, res }) => ({ req, res }),
      write: () => {
        throw broken;
      },
    },
  );
  const req = requestOf('GET');
  const told = await new Promise((resolve) =>
    guard.early({ req, res: new ServerResponse(req) }, resolve),
  );
  expect(told).toBe(broken);
});

test('the rule in the settings of a route is checked at mount', () => {
  const { prepare } = plainGuard(notesGate());
  expect(() => prepare(undefined)).not.toThrow();
  expect(() => prepare({})).not.toThrow();
  expect(() => prepare({ scopegate: 'notes:read' })).not.toThrow();
  expect(() => prepare({ scopegate: 'notes:raed' })).toThrow(/notes:raed/);
  // A constant that was misspelt, for example.
  const misspelt: object = { scopegate: undefined };
  expect(() => prepare(misspelt)).toThrow(new TypeError('config.scopegate: expected a rule'));
});

describe('a gate that other code wrapped', () => {
  /** A gate that logs what it is asked, and asks another. */
  function wrapped(inner: ReturnType<typeof notesGate>, asked: unknown[]): typeof inner {
    const log =
      <Args extends unknown[], Result>(name: string, method: (...args: Args) => Result) =>
      (...args: Args): Result => {
        asked.push([name, args.at(-1) === 'notes:write' ? 'notes:write' : undefined]);
        return method(...args);
      };
    return {
      ...{ resource: inner.resource, metadata: inner.metadata },
      ...{ scopes: inner.scopes, policy: inner.policy },
      check: (...args) => inner.check(...args),
      decide: log('decide', (...args) => inner.decide(...args)),
      authenticate: log('authenticate', (...args) => inner.authenticate(...args)),
      authorize: log('authorize', (...args) => inner.authorize(...args)),
      refuse: (...args) => inner.refuse(...args),
      issued: (auth): auth is Auth<NotesScope> => inner.issued(auth),
      route: (...args) => inner.route(...args),
      fetch: (...args) => inner.fetch(...args),
    };
  }

  test.each([
    ['notes.read', [{ allowed: true }, { allowed: true }], ['authenticate', 'authorize']],
    ['none', [{ allowed: true }, { status: 403 }], ['authenticate', 'authorize']],
    ['bad', [{ status: 401 }, { status: 401 }], ['authenticate', 'decide']],
  ])('is asked stage by stage: %s', async (token, outcomes, methods) => {
    const asked: unknown[] = [];
    const guard = stagesOf(wrapped(notesGate(), asked));
    const seen = await within(
      async (req) => [await guard(req, early), await guard(req, late)],
      token,
    );
    expect(seen).toMatchObject(outcomes);
    expect(asked).toEqual(methods.map((name) => [name, undefined]));
  });

  test('is asked about the rule of a route', async () => {
    const asked: unknown[] = [];
    const guard = stagesOf(wrapped(notesGate(), asked));
    const seen = await within(async (req) => guard(req, { ...early, rule: 'notes:write' }));
    expect(seen).toMatchObject({ status: 403 });
    expect(asked).toEqual([['decide', 'notes:write']]);
  });

  test('is asked once about a body, and again after a change in place', async () => {
    const asked: unknown[] = [];
    const guard = stagesOf(wrapped(notesGate(), asked));
    const seen = await within(async (req) => {
      const first = [await guard(req, late), await guard(req, late)];
      (req.body as { params: { name: string } }).params.name = 'add_note';
      return [...first, await guard(req, late)];
    });
    expect(seen).toMatchObject([{ allowed: true }, undefined, { status: 403 }]);
    expect(asked).toHaveLength(2);
  });
});
