/**
 * Whether a caller can influence the running request of another: by ids of requests and progress tokens, which
 * clients choose and anybody can guess.
 */
import {
  Client,
  StreamableHTTPClientTransport as ClientTransport,
} from '@modelcontextprotocol/client';
import { RootsListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Gate } from '../../../src/index.js';
import { HOSTS } from '../../mcp/support/hosts.js';
import { INITIALIZE } from '../../support/handed.js';
import { callTool, rpc } from '../../support/mcp.js';
import type { NotesScope } from '../../support/mcp.js';
import { ADMIN, ATTACKERS, attack } from './attackers.js';
import { longCalls } from './long-call.js';
import type { LongCall, LongCalls } from './long-call.js';
import { sessionApps } from './session-apps.js';
import { NOT_FOUND, ownGate } from './support.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Requests of SDK servers and clients count from 0. */
const GUESSED = Array.from({ length: 9 }, (_, id) => id);

const notification = (method: string, params?: object): object => ({
  ...{ jsonrpc: '2.0', method, ...(params && { params }) },
});
const respond = (result: object): object[] => GUESSED.map((id) => ({ jsonrpc: '2.0', id, result }));
const ROOTS = { roots: [{ uri: 'file:///mallory' }] };
const SAMPLE = { role: 'assistant', model: 'x', content: { type: 'text', text: 'mallory' } };

/** The request of the server during which the messages are sent. */
type Step = 'roots' | 'sampling' | 'elicitation';

interface Kind {
  readonly what: string;
  readonly step: Step;
  readonly messages: readonly object[];
  /** Whether the messages did what they say to the call. */
  readonly hasEffect: (call: LongCall, listChanges: number) => boolean;
  readonly isResponse?: boolean;
}

const KINDS: readonly Kind[] = [
  {
    what: 'notifications/cancelled',
    step: 'roots',
    messages: GUESSED.flatMap((id) =>
      [id, String(id)].map((requestId) => notification('notifications/cancelled', { requestId })),
    ),
    hasEffect: ({ aborted }) => aborted,
  },
  {
    what: 'notifications/progress',
    step: 'roots',
    messages: GUESSED.flatMap((id) =>
      [id, String(id)].map((progressToken) =>
        notification('notifications/progress', { progressToken, progress: 99 }),
      ),
    ),
    hasEffect: ({ progress }) => progress.includes(99),
  },
  {
    what: 'notifications/roots/list_changed',
    step: 'roots',
    messages: [notification('notifications/roots/list_changed')],
    hasEffect: (_call, listChanges) => listChanges > 0,
  },
  {
    what: 'an answer to roots/list',
    step: 'roots',
    messages: respond(ROOTS),
    hasEffect: ({ roots }) => roots === 'file:///mallory',
    isResponse: true,
  },
  {
    what: 'an error for roots/list',
    step: 'roots',
    messages: GUESSED.map((id) => ({
      ...{ jsonrpc: '2.0', id, error: { code: -1, message: 'mallory' } },
    })),
    hasEffect: ({ roots }) => roots?.includes('mallory') === true,
    isResponse: true,
  },
  {
    what: 'an answer to sampling/createMessage',
    step: 'sampling',
    messages: respond(SAMPLE),
    hasEffect: ({ sampled }) => sampled === 'mallory',
    isResponse: true,
  },
  {
    what: 'an answer to elicitation/create',
    step: 'elicitation',
    messages: respond({ action: 'accept', content: { sure: true } }),
    hasEffect: ({ elicited }) => elicited === 'accept',
    isResponse: true,
  },
];

const SDKS = [
  { sdk: 'SDK v1', index: 0, listChanged: RootsListChangedNotificationSchema },
  { sdk: 'SDK v2', index: 1, listChanged: 'notifications/roots/list_changed' },
];

interface Running extends LongCalls {
  readonly origin: string;
  readonly session: string;
  /** Resolves when the call is over, or was cancelled. */
  readonly finished: Promise<LongCall>;
  readonly seenProgress: unknown[];
}

/** Starts a call of the owner, and sends what `interfere` sends while the server waits in this step. */
async function startCall(
  gate: Gate<NotesScope>,
  { index, listChanged }: (typeof SDKS)[number],
  during: Step,
  interfere: (facts: { origin: string; session: string }) => Promise<void>,
): Promise<Running> {
  const calls = longCalls(listChanged);
  const idFor = gate === UNOWNED ? () => crypto.randomUUID() : undefined;
  const app = sessionApps(gate, idFor, calls.register)[index];
  const [host] = HOSTS;
  const { origin, close } = await (host as (typeof HOSTS)[number]).start(gate, app as never);
  closers.push(close);
  const capabilities = { roots: { listChanged: true }, sampling: {}, elicitation: {} };
  const client = new Client({ name: 'owner', version: '1' }, { capabilities });
  const transport = new ClientTransport(new URL(`${origin}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${ADMIN}` } },
  });
  const at = async (step: Step): Promise<void> => {
    if (step === during) await interfere({ origin, session: transport.sessionId as string });
  };
  client.setRequestHandler('roots/list', async () => {
    await at('roots');
    return { roots: [{ uri: 'file:///own' }] };
  });
  client.setRequestHandler('sampling/createMessage', async () => {
    await at('sampling');
    return { role: 'assistant', model: 'x', content: { type: 'text', text: 'own' } };
  });
  client.setRequestHandler('elicitation/create', async () => {
    await at('elicitation');
    return { action: 'decline' };
  });
  await client.connect(transport);
  closers.push(() => client.close());
  const seenProgress: unknown[] = [];
  const onprogress = ({ message }: { message?: string | undefined }): void =>
    void seenProgress.push(message);
  client.callTool({ name: 'admin_purge' }, { onprogress }).catch(() => undefined);
  const finished = vi
    .waitFor(() => expect(calls.calls[0]?.isDone).toBe(true), { timeout: 10_000 })
    .then(() => calls.calls[0] as LongCall);
  const session = transport.sessionId as string;
  return { ...calls, origin, session, finished, seenProgress };
}

async function beginSession(origin: string, token: string): Promise<string> {
  const { headers } = await attack(origin, { token, body: INITIALIZE });
  return new Map(JSON.parse(headers) as [string, string][]).get('mcp-session-id') ?? '';
}

const OWNED = ownGate();
const UNOWNED = ownGate({ gate: { ownership: undefined } as never });
const UNTOUCHED = {
  ...{ aborted: false, isDone: true, progress: [] },
  ...{ roots: 'file:///own', sampled: 'own', elicited: 'decline' },
};

describe.each(SDKS)('$sdk', (sdk) => {
  describe.each(KINDS)('$what', ({ step, messages, hasEffect, isResponse }) => {
    test.each(Object.entries(ATTACKERS))(
      'of %s does nothing, in the session of the owner, in an own one, and without one [HO-12, T153, T154]',
      async (_who, token) => {
        const own = new Set<number>();
        const foreign = new Set<string>();
        const none = new Set<string>();
        const running = await startCall(OWNED, sdk, step, async ({ origin, session }) => {
          const opened = token.startsWith('-') ? undefined : await beginSession(origin, token);
          for (const body of messages) {
            const seen = await attack(origin, { token, id: session, body });
            foreign.add(JSON.stringify([seen.status, seen.body]));
            const { status, body: text } = await attack(origin, { token, body });
            none.add(isResponse ? JSON.stringify([status, text]) : String(status));
            if (opened === undefined) continue;
            own.add((await attack(origin, { token, id: opened, body })).status);
          }
        });
        expect(await running.finished).toEqual(UNTOUCHED);
        expect(running.listChanges[0]).toEqual({ count: 0 });
        const refused = JSON.stringify([NOT_FOUND.status, NOT_FOUND.body]);
        expect([...foreign]).toEqual([refused]);
        // The server answers a notification that names no session.
        expect([...none]).toEqual([isResponse ? refused : '400']);
        expect([...own]).toEqual(token.startsWith('-') ? [] : [202]);
      },
    );

    test('of the owner has its effect, and without ownership that of another, too', async () => {
      for (const [gate, token] of [
        [OWNED, ADMIN],
        [UNOWNED, ATTACKERS['a token without a scope']],
      ] as const) {
        const running = await startCall(gate, sdk, step, async ({ origin, session }) => {
          for (const body of messages) await attack(origin, { token, id: session, body });
        });
        const call = await running.finished;
        await vi.waitFor(() =>
          expect(hasEffect(call, running.listChanges[0]?.count ?? 0)).toBe(true),
        );
      }
    });
  });

  test('a call with the progress token and the id of another tells its progress to its caller alone [T153]', async () => {
    const texts: string[] = [];
    const token = ATTACKERS['another user of the client'];
    const running = await startCall(OWNED, sdk, 'roots', async ({ origin }) => {
      const id = await beginSession(origin, token);
      for (const guessed of GUESSED) {
        const params = { name: 'read_notes', _meta: { progressToken: guessed } };
        const body = rpc('tools/call', params, guessed);
        texts.push((await attack(origin, { token, id, body })).body);
      }
    });
    expect(await running.finished).toEqual(UNTOUCHED);
    expect(running.seenProgress).toEqual(['admin_purge']);
    for (const text of texts) expect(text).toContain('"message":"read_notes"');
  });
});

describe('a message with a method and a result', () => {
  const both = GUESSED.flatMap((id) => [
    { ...rpc('ping', {}, id), result: { action: 'accept' } },
    { ...callTool('read_notes'), id, error: { code: -1, message: 'mallory' } },
    { ...notification('notifications/initialized'), id, result: null },
  ]);

  test('needs a session of the caller, as responses do [HO-12, T154]', async () => {
    const token = ATTACKERS['another user of the client'];
    const calls = longCalls('notifications/roots/list_changed');
    const app = sessionApps(OWNED, undefined, calls.register)[1];
    for (const host of HOSTS) {
      const { origin, close } = await host.start(OWNED, app as never);
      closers.push(close);
      const answers = new Set<string>();
      for (const body of both) {
        const { status, body: text } = await attack(origin, { token, body });
        answers.add(JSON.stringify([host.name, status, text]));
      }
      expect([...answers]).toEqual([JSON.stringify([host.name, NOT_FOUND.status, NOT_FOUND.body])]);
      const id = await beginSession(origin, token);
      const [first] = both;
      const own = await attack(origin, { token, id, body: first as object });
      expect(own.body).not.toBe(NOT_FOUND.body);
    }
  });
});
