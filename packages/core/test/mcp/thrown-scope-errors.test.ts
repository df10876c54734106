/**
 * A scope error that a handler throws, with its guard and, as a control, with parts of the guard
 * removed. The expectation that holds for the guard must fail for each control.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InsufficientScopeError, authenticated } from '../../src/index.js';
import type { Auth, Rule } from '../../src/index.js';
import { guardPrompt, guardResource, guardTool } from '../../src/mcp/index.js';
import { notesGate, request } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';
import { APPS } from './support/apps.js';
import { messageOf, open, questionOf, toolCall } from './support/call.js';
import type { CallAnswer, OpenedApp } from './support/call.js';
import { HOSTS } from './support/hosts.js';

/** Verifies tokens; scopes are left to the guards and the handlers. */
const gate = notesGate({
  ...{ tools: {}, otherTools: authenticated() },
  ...{ otherPrompts: authenticated(), otherResources: authenticated() },
});

type Handler = (...args: readonly unknown[]) => Promise<never>;
type Style = 'http' | 'in-band';

const CHALLENGE = expect.stringMatching(
  /^Bearer error="insufficient_scope", scope="notes:write[ "]/,
) as string;

/** A JSON-RPC error: what a gate in front answers, and what prompts and resources answer in band. */
const rpcError = (label: string): object => ({
  id: 1,
  error: {
    code: 403,
    message: `${label} needs notes:write`,
    data: { error: 'insufficient_scope', scope: expect.stringMatching(/^notes:write/) as string },
  },
});

const toolResult = (label: string): object => ({
  id: 1,
  result: {
    isError: true,
    content: [{ type: 'text', text: `${label} needs notes:write` }],
    _meta: { 'mcp/www_authenticate': [CHALLENGE] },
  },
});

/** The guards: how each is called, and the message of its refusal in band. */
const GUARDS = {
  guardTool: {
    guard: guardTool,
    nameOf: (name: string) => name,
    label: (name: string) => name,
    inBand: toolResult,
    ask: (app: OpenedApp, name: string) => app.call(name, 'notes.read'),
  },
  guardPrompt: {
    guard: guardPrompt,
    nameOf: (name: string) => name,
    label: (name: string) => name,
    inBand: rpcError,
    ask: (app: OpenedApp, name: string) => app.ask('prompts/get', name, 'notes.read'),
  },
  guardResource: {
    guard: guardResource,
    nameOf: (name: string) => `notes://${name}`,
    label: () => 'This resource',
    inBand: rpcError,
    ask: (app: OpenedApp, name: string) => app.ask('resources/read', name, 'notes.read'),
  },
} as const;
type Guard = keyof typeof GUARDS;
const GUARD_NAMES = Object.keys(GUARDS) as Guard[];
const STYLES: readonly Style[] = ['http', 'in-band'];

const guarded = (name: Guard, rule: Rule<NotesScope>, handler: Handler, style: Style): Handler =>
  GUARDS[name].guard(gate, rule, handler, { challengeStyle: style }) as Handler;

const fails: Handler = () => Promise.reject(new InsufficientScopeError('notes:write'));
const passes: Handler = () => Promise.resolve({ content: [], messages: [], contents: [] } as never);

/** The guard without parts of its own code. */
const CONTROLS: Readonly<Record<string, (guard: Guard, style: Style) => Handler>> = {
  /** The rule is asked, and the handler runs outside the part that translates errors. */
  untranslated:
    (guard, style) =>
    async (...args) => {
      await guarded(guard, authenticated(), passes, style)(...args);
      return fails(...args);
    },
  unguarded: () => fails,
};

/** Handlers by the names `thrown-http`, `unguarded-in-band` and so on. */
function handlersOf(guard: Guard): Record<string, Handler> {
  const { nameOf } = GUARDS[guard];
  return Object.fromEntries(
    STYLES.flatMap((style) => [
      [nameOf(`thrown-${style}`), guarded(guard, authenticated(), fails, style)],
      [nameOf(`rule-${style}`), guarded(guard, 'notes:write', passes, style)],
      ...Object.entries(CONTROLS).map(
        ([control, make]) => [nameOf(`${control}-${style}`), make(guard, style)] as const,
      ),
    ]),
  );
}

/** What the client sees of an answer. */
function seen({ status, headers, text }: CallAnswer): object {
  return { status, challenge: headers.get('www-authenticate'), message: messageOf(text) };
}

function refused(guard: Guard, name: string, style: Style): object {
  const { inBand, label } = GUARDS[guard];
  return style === 'http'
    ? { status: 403, challenge: CHALLENGE, message: rpcError(label(name)) }
    : { status: 200, challenge: null, message: inBand(label(name)) };
}

const make = (app: (typeof APPS)[number]) =>
  app(handlersOf('guardTool'), {
    prompts: handlersOf('guardPrompt'),
    resources: handlersOf('guardResource'),
  });

const columns = HOSTS.filter(({ name }) => ['node:http', 'gate.fetch'].includes(name)).flatMap(
  (host) =>
    APPS.flatMap((app) => {
      const { name, wires } = make(app);
      return wires.map((wire) => ({ column: `${host.name}, ${name}, ${wire}`, host, app, wire }));
    }),
);
const ROWS = GUARD_NAMES.flatMap((guard) => STYLES.map((style) => ({ guard, style })));

describe.each(columns)('$column', ({ host, app, wire }) => {
  let opened: OpenedApp;
  beforeAll(async () => {
    opened = await open(host, gate, make(app), wire);
  });
  afterAll(() => opened.close());

  const answerTo = async (guard: Guard, name: string): Promise<object> =>
    seen(await GUARDS[guard].ask(opened, GUARDS[guard].nameOf(name)));

  test.each(ROWS)(
    '$guard, $style: a thrown scope error is refused as the rule would [C403-1, C403-4]',
    async ({ guard, style }) => {
      for (const name of [`thrown-${style}`, `rule-${style}`]) {
        expect(await answerTo(guard, name)).toMatchObject(refused(guard, name, style));
      }
    },
  );

  test.each(ROWS)(
    '$guard, $style: without the guard’s own code it is the SDK’s error',
    async ({ guard, style }) => {
      for (const control of Object.keys(CONTROLS)) {
        const name = `${control}-${style}`;
        const answer = await answerTo(guard, name);
        expect(answer).not.toMatchObject(refused(guard, name, style));
        expect(answer).toMatchObject({ status: 200, challenge: null });
        expect(answer).not.toHaveProperty(['message', 'result', '_meta', 'mcp/www_authenticate']);
        expect(answer).not.toHaveProperty('message.error.code', 403);
      }
    },
  );
});

describe('called as the SDKs call handlers', () => {
  const authFor = async (guard: Guard): Promise<Auth> => {
    const name = GUARDS[guard].nameOf('x');
    const { body } =
      guard === 'guardTool'
        ? toolCall(name, '2025-11-25')
        : questionOf(
            guard === 'guardPrompt' ? 'prompts/get' : 'resources/read',
            name,
            '2025-11-25',
          );
    const decision = await gate.check(request({ token: 'notes.read', body }));
    if (!decision.allowed || decision.auth === undefined) throw new Error('expected auth');
    return decision.auth;
  };
  const CONTEXTS: readonly (readonly [sdk: string, contextOf: (auth: Auth) => object])[] = [
    ['v1', (authInfo) => ({ authInfo, requestId: 1 })],
    ['v2', (authInfo) => ({ http: { authInfo }, mcpReq: { id: 1 } })],
  ];
  const callAs = async (guard: Guard, handler: Handler, contextOf: (auth: Auth) => object) => {
    const first = guard === 'guardResource' ? new URL('notes://x') : { text: 'x' };
    return handler(first, contextOf(await authFor(guard)));
  };

  test.each(CONTEXTS)('%s: a tool returns its refusal [IB-1]', async (_sdk, contextOf) => {
    const handler = guarded('guardTool', authenticated(), fails, 'in-band');
    const { result } = toolResult('x') as { result: object };
    expect(await callAs('guardTool', handler, contextOf)).toMatchObject(result);
  });

  test.each(CONTEXTS)('%s: a prompt and a resource throw it [C403-1]', async (_sdk, contextOf) => {
    for (const guard of ['guardPrompt', 'guardResource'] as const) {
      const handler = guarded(guard, authenticated(), fails, 'in-band');
      const { error } = rpcError(GUARDS[guard].label('x')) as { error: object };
      const thrown = callAs(guard, handler, contextOf);
      await expect(thrown).rejects.toMatchObject({ name: 'RefusedCall', ...error });
    }
  });

  test.each(CONTEXTS)('%s: without the guard’s own code it passes', async (_sdk, contextOf) => {
    for (const guard of GUARD_NAMES) {
      for (const control of Object.values(CONTROLS)) {
        const thrown = callAs(guard, control(guard, 'in-band'), contextOf);
        await expect(thrown).rejects.toBeInstanceOf(InsufficientScopeError);
      }
    }
  });
});
