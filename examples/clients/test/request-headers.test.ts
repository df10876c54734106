/**
 * The headers that MCP demands of every POST, as the official client sends them: they name what the body asks
 * for, at the first attempt and when `@scopegate/client` sends the request again.
 */
import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { mcpPolicy } from '@scopegate/core/mcp';
import { expect, onTestFinished, test } from 'vitest';
import type { Binding } from '../../notes-mcp/src/environment.js';
import { scopes } from '../../notes-mcp/src/notes-server.js';
import { createExpressApp } from '../../notes-mcp/src/serve-express.js';
import { LEGACY, MODERN } from '../../notes-mcp/src/wires.js';
import { mcpFetch } from '../src/mcp-sdk-v2.js';
import { createProvider, createUser, notesGate, startNotes } from './support.js';

interface Message {
  readonly method: string;
  readonly params?: { readonly name?: string; readonly uri?: string; readonly _meta?: object };
}

/** A POST as it arrived, and what it was answered with. */
interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly message: Message;
  readonly status: number;
}

/** A tool, a prompt and a resource, all of which need more than the scope of a login. */
const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('add_note', {}, () => ({ content: [{ type: 'text', text: 'added' }] }));
  server.registerPrompt('résumé', {}, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'a prompt' } }],
  }));
  server.registerResource('first', 'notes://mina/first', {}, ({ href }) => ({
    contents: [{ uri: href, text: 'a note' }],
  }));
  return server;
});

/** That server on Express, which notes every POST. */
function recording(posts: Post[]): Binding {
  return {
    label: 'Express',
    createApp(gate) {
      const app = createExpressApp(gate, mcp);
      return (req, res) => {
        let body = '';
        const push = req.push.bind(req);
        // A listener for `data` would take the body from the gate.
        req.push = (chunk: Buffer | null, encoding) => {
          body += chunk?.toString() ?? '';
          return push(chunk, encoding);
        };
        res.once('finish', () => {
          if (req.method !== 'POST') return;
          const message = JSON.parse(body) as Message;
          posts.push({ headers: req.headers, message, status: res.statusCode });
        });
        return app(req, res);
      };
    },
  };
}

async function start(wire: typeof MODERN) {
  const posts: Post[] = [];
  const { resource } = await startNotes({
    framework: recording(posts),
    createGate: notesGate({
      policy: mcpPolicy(scopes, {
        tools: { add_note: 'notes:write' },
        prompts: { résumé: 'notes:write' },
        resources: { 'notes://mina/first': 'notes:write' },
      }),
    }),
  });
  const user = createUser();
  const provider = createProvider(user);
  const serverUrl = new URL(resource);
  const fetch = mcpFetch({ serverUrl, provider, callback: provider.callback });
  const client = new Client({ name: 'example', version: '1.0.0' }, wire.clientOptions);
  await client.connect(new StreamableHTTPClientTransport(serverUrl, { fetch }));
  onTestFinished(() => client.close());
  return { client, posts, user };
}

/** The name in the header, which travels encoded if it is not plain ASCII. */
function decoded(value: string | undefined): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value ?? '')?.[1];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}

const OPERATIONS: readonly (readonly [
  method: string,
  name: string,
  run: (client: Client) => Promise<unknown>,
  answer: string,
])[] = [
  ['tools/call', 'add_note', (client) => client.callTool({ name: 'add_note' }), 'added'],
  ['prompts/get', 'résumé', (client) => client.getPrompt({ name: 'résumé' }), 'a prompt'],
  [
    'resources/read',
    'notes://mina/first',
    (client) => client.readResource({ uri: 'notes://mina/first' }),
    'a note',
  ],
];

test.each(OPERATIONS)(
  '%s of %s, 2026-07-28: every POST names its revision, its method and what it is about, before and after a step-up [OP-1, OP-5]',
  async (method, name, run, answer) => {
    const { client, posts, user } = await start(MODERN);
    expect(JSON.stringify(await run(client))).toContain(answer);
    expect(user.asked).toEqual(['notes:read', 'notes:read notes:write']);

    const calls = posts.filter(({ message }) => message.method === method);
    expect(calls.map(({ status }) => status)).toEqual([403, 200]);
    // Without a token, and with it.
    const greetings = posts.filter(({ message }) => message.method === MODERN.greeting);
    expect(greetings.map(({ status }) => status)).toEqual([401, 200]);

    for (const { headers, message } of posts) {
      expect(headers['mcp-protocol-version']).toBe('2026-07-28');
      expect(message.params?._meta).toMatchObject({
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      });
      expect(headers['mcp-method']).toBe(message.method);
      expect(decoded(headers['mcp-name'] as string | undefined)).toBe(
        message.method === method ? name : undefined,
      );
    }
    for (const { message } of calls) expect(message.params?.name ?? message.params?.uri).toBe(name);
    for (const [first, second] of [calls, greetings]) {
      expect(second?.message).toEqual(first?.message);
      expect({ ...second?.headers, authorization: '' }).toEqual({
        ...first?.headers,
        authorization: '',
      });
    }
    expect(calls[1]?.headers.authorization).not.toBe(calls[0]?.headers.authorization);
  },
);

test.each(OPERATIONS)(
  '%s of %s, 2025-11-25: the revision that was agreed on survives a step-up [OP-1]',
  async (method, _name, run, answer) => {
    const { client, posts } = await start(LEGACY);
    expect(JSON.stringify(await run(client))).toContain(answer);
    const calls = posts.filter(({ message }) => message.method === method);
    expect(calls.map(({ status, headers }) => [status, headers['mcp-protocol-version']])).toEqual([
      [403, '2025-11-25'],
      [200, '2025-11-25'],
    ]);
  },
);
