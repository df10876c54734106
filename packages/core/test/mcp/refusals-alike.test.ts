/**
 * However a handler refuses, the client reads the same scopes, error and metadata URL as in the plain
 * 403.
 */
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { serveFetch } from '../../../adapter-testkit/src/serve-fetch.js';
import { challengeFromToolResult } from '../../../client/src/index.js';
import {
  InsufficientScopeError,
  authenticated,
  insufficientScope,
  parseChallenges,
} from '../../src/index.js';
import type { FetchContext } from '../../src/index.js';
import { guardTool, insufficientScopeResult, scopeChallenge } from '../../src/mcp/index.js';
import type { ChallengeStyle } from '../../src/mcp/index.js';
import { readByOauth4webapi, readBySdkV1, readBySdkV2 } from '../http/readers.js';
import { notesGate } from '../support/mcp.js';
import { messageOf, toolCall } from './support/call.js';
import type { Wire } from './support/host.js';

type Fetch = (request: Request, context: FetchContext) => Promise<Response> | Response;

let ran = 0;
beforeEach(() => {
  ran = 0;
});
const DONE = { content: [{ type: 'text' as const, text: 'done' }] };
const tool = (): typeof DONE => {
  ran++;
  return DONE;
};

/** Evaluates the token, and leaves tools to what stands behind. */
const gate = notesGate({ tools: {}, otherTools: authenticated() });
const front = notesGate({ tools: { add: 'notes:write' } });

/** The SDK's server with one tool. */
function serve(register: (server: McpServer) => void): Fetch {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    register(server);
    return server;
  });
  return (request, { authInfo, parsedBody }) =>
    handler.fetch(request, { ...(authInfo !== undefined && { authInfo }), parsedBody });
}

const inputSchema = z.object({ text: z.string() });
const plain = serve((server) => void server.registerTool('add', { inputSchema }, tool));
const guarded = (challengeStyle: ChallengeStyle): Fetch =>
  serve((server) => {
    const handler = guardTool(gate, 'notes:write', tool, { challengeStyle });
    server.registerTool('add', { inputSchema }, handler);
  });

/** Behind the gate; each enforces `notes:write`. */
const REFUSALS: Readonly<Record<string, { behind: typeof gate; handler: Fetch; inBand?: true }>> = {
  'the gate in front': { behind: front, handler: plain },
  'guardTool, http': { behind: gate, handler: guarded('http') },
  'guardTool, both': { behind: gate, handler: guarded('both') },
  'guardTool, in band': { behind: gate, handler: guarded('in-band'), inBand: true },
  'an error thrown in a tool': {
    behind: gate,
    handler: serve((server) => {
      server.registerTool(
        'add',
        { inputSchema },
        guardTool(gate, authenticated(), (_args, { http }) => {
          const auth: unknown = http?.authInfo;
          if (gate.issued(auth) && auth.has('notes:write')) return tool();
          throw new InsufficientScopeError('notes:write');
        }),
      );
    }),
  },
  'an error thrown above the SDK': {
    behind: gate,
    handler: (request, context) => {
      if (context.auth?.has('notes:write')) return plain(request, context);
      throw new InsufficientScopeError('notes:write');
    },
  },
  scopeChallenge: {
    behind: gate,
    handler: serve((server) => {
      const config = { inputSchema, scopeChallenge: scopeChallenge(gate, 'notes:write') };
      server.registerTool('add', config, tool);
    }),
  },
  insufficientScope: {
    behind: gate,
    handler: (request, context) => {
      const { auth } = context;
      if (auth?.has('notes:write')) return plain(request, context);
      const description = 'add needs notes:write';
      return insufficientScope(gate, 'notes:write', { description, auth }).toResponse();
    },
  },
  insufficientScopeResult: {
    behind: gate,
    inBand: true,
    handler: (request, context) => {
      const { auth } = context;
      if (auth?.has('notes:write')) return plain(request, context);
      const refusal = insufficientScope(gate, 'notes:write', { auth });
      return Response.json({ jsonrpc: '2.0', id: 1, result: insufficientScopeResult(refusal) });
    },
  },
};

const CASES = [
  ['too few scopes', 'notes.read', false],
  ['all of them', 'notes.write', true],
  ['no scopes', 'none', false],
  ['more than enough', 'admin.notes', true],
] as const;

describe.each(Object.entries(REFUSALS))('%s', (_name, { behind, handler, inBand = false }) => {
  let origin = '';
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const { url, close } = await serveFetch(behind.fetch(handler));
    origin = url;
    stop = close;
  });
  afterAll(() => stop());

  const call = async (wire: Wire, token: string): Promise<{ status: number; line: string }> => {
    const { body, headers } = toolCall('add', wire);
    const response = await fetch(`${origin}/mcp`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...{ accept: 'application/json, text/event-stream', ...headers },
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const meta = inBand ? challengesOf(messageOf(text)['result']) : [];
    const line = response.headers.get('www-authenticate') ?? meta.join(', ');
    return { status: response.status, line };
  };

  describe.each<Wire>(['2025-11-25', '2026-07-28'])('%s', (wire) => {
    test.each(CASES)('%s [C403-1, C403-2, SC-2, IB-1]', async (_what, token, enough) => {
      const { status, line } = await call(wire, token);
      expect(ran).toBe(enough ? 1 : 0);
      expect(status).toBe(enough || inBand ? 200 : 403);
      const held = token === 'notes.read' && wire === '2025-11-25' ? ' notes:read' : '';
      const expected = {
        error: 'insufficient_scope',
        scope: `notes:write${held}`,
        resource_metadata: gate.metadata.url,
      };
      if (enough) expect(line).toBe('');
      else for (const read of await readByAll(line)) expect(read).toEqual(expected);
    });
  });
});

function challengesOf(result: unknown): readonly string[] {
  const { _meta, isError } = result as { _meta?: Record<string, string[]>; isError?: boolean };
  if (isError !== true) return [];
  const lines = _meta?.['mcp/www_authenticate'] ?? [];
  // Our own client half reads the result as a whole.
  expect(challengeFromToolResult(result)?.error).toBe('insufficient_scope');
  for (const line of lines) expect(line).toContain('error_description=');
  return lines;
}

interface Seen {
  readonly error: string | undefined;
  readonly scope: string | undefined;
  readonly resource_metadata: string | undefined;
}

/** What our parser, oauth4webapi and the clients of both SDKs find. */
async function readByAll(line: string): Promise<readonly Seen[]> {
  const own = Object.fromEntries(parseChallenges(line)[0]?.params ?? []);
  const [web] = (await readByOauth4webapi(line)) ?? [];
  const seen = [own, web?.parameters ?? {}].map((params) => ({
    error: params['error'],
    scope: params['scope'],
    resource_metadata: params['resource_metadata'],
  }));
  const sdks = [readBySdkV1(line), readBySdkV2(line)].map(
    ({ error, scope, resourceMetadataUrl }) => ({
      error,
      scope,
      resource_metadata: resourceMetadataUrl?.href,
    }),
  );
  return [...seen, ...sdks];
}
