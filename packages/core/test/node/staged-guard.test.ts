import { ServerResponse, createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { InsufficientScopeError } from '../../src/index.js';
import type { Auth, Refusal, Reply, Rule } from '../../src/index.js';
import { createStagedNodeGuard, keepRefusal, pendingRefusalOf } from '../../src/node/index.js';
import type { GuardedRequest } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';
import { callTool, notesGate } from '../support/mcp.js';
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
