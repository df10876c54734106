/** The official clients, over sockets, before a tool that refuses: they step up as from the gate's 403. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import express from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { protect, resourceMetadata } from '../../../adapter-express/src/index.js';
import { InsufficientScopeError, authenticated } from '../../src/index.js';
import type { Gate } from '../../src/index.js';
import { guardTool, scopeChallenge } from '../../src/mcp/index.js';
import { close, listen, startIssuer } from '../support/issuer.js';
import type { TestIssuer } from '../support/issuer.js';
import { notesGate } from '../support/mcp.js';
import type { NotesScope } from '../support/mcp.js';

const DONE = { content: [{ type: 'text' as const, text: 'done' }] };
const inputSchema = z.object({ text: z.string() });
let issuer: TestIssuer;
let server: Server;
let gate: Gate<NotesScope>;
let ran = 0;

beforeEach(() => {
  ran = 0;
});

beforeAll(async () => {
  issuer = await startIssuer('unused');
  issuer.answerWith((_req, res) => {
    const metadata = {
      issuer: issuer.issuer,
      authorization_endpoint: `${issuer.issuer}/authorize`,
      token_endpoint: `${issuer.issuer}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    };
    res.setHeader('content-type', 'application/json').end(JSON.stringify(metadata));
  });
  server = createServer();
  const origin = await listen(server);
  gate = notesGate(
    { tools: { front: 'notes:write' }, otherTools: authenticated() },
    { resource: `${origin}/mcp`, authorizationServers: [issuer.issuer] },
  );
  const run = (): typeof DONE => {
    ran++;
    return DONE;
  };
  const mcp = toNodeHandler(
    createMcpHandler(() => {
      const notes = new McpServer({ name: 'notes', version: '1.0.0' });
      notes.registerTool('front', { inputSchema }, run);
      notes.registerTool('guarded', { inputSchema }, guardTool(gate, 'notes:write', run));
      notes.registerTool(
        'throws',
        { inputSchema },
        guardTool(gate, authenticated(), async ({ text }) => {
          if (text !== '') throw new InsufficientScopeError('notes:write');
          return run();
        }),
      );
      const challenging = { inputSchema, scopeChallenge: scopeChallenge(gate, 'notes:write') };
      notes.registerTool('challenged', challenging, run);
      return notes;
    }),
  );
  const app = express();
  app.use(resourceMetadata(gate));
  app.all('/mcp', protect(gate), mcp);
  server.on('request', app);
});

afterAll(async () => {
  await close(server);
  await issuer.close();
});

const TOOLS = ['front', 'guarded', 'throws', 'challenged'];
const call = (name: string): { name: string; arguments: { text: string } } => ({
  name,
  arguments: { text: 'x' },
});

describe.each(['2025-11-25', '2026-07-28'])('the v2 client, %s', (wire) => {
  test.each(TOOLS)(
    '%s: reads the scopes, the metadata URL and the description [C403-1]',
    async (tool) => {
      const client = new ClientV2(
        { name: 'test', version: '1' },
        wire === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {},
      );
      await client.connect(
        new HttpV2(new URL(gate.resource), {
          authProvider: { token: async () => 'notes.read' },
          onInsufficientScope: 'throw',
        }),
      );
      const error: unknown = await client.callTool(call(tool)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        requiredScope: wire === '2026-07-28' ? 'notes:write' : 'notes:write notes:read',
        errorDescription: `${tool} needs notes:write`,
      });
      const { resourceMetadataUrl } = error as { resourceMetadataUrl: URL };
      expect(String(resourceMetadataUrl)).toBe(gate.metadata.url);
      expect(ran).toBe(0);
      await client.close();
    },
  );
});

describe('the v1 client', () => {
  test.each(TOOLS)('%s: asks the authorization server for the scopes [C403-1]', async (tool) => {
    const asked: URL[] = [];
    const client = new ClientV1({ name: 'test', version: '1' });
    const transport = new HttpV1(new URL(gate.resource), {
      authProvider: {
        redirectUrl: 'http://localhost/callback',
        clientMetadata: { redirect_uris: ['http://localhost/callback'] },
        clientInformation: () => ({ client_id: 'c1' }),
        tokens: () => ({ access_token: 'notes.read', token_type: 'Bearer' }),
        saveTokens: () => undefined,
        redirectToAuthorization: (url) => void asked.push(url),
        saveCodeVerifier: () => undefined,
        codeVerifier: () => '',
      },
    });
    await client.connect(transport as never);
    await expect(client.callTool(call(tool))).rejects.toThrow('Unauthorized');
    expect(asked).toHaveLength(1);
    const [{ origin, searchParams } = new URL('x:')] = asked;
    expect(origin).toBe(issuer.issuer);
    expect(searchParams.get('scope')).toBe('notes:write notes:read');
    expect(searchParams.get('resource')).toBe(gate.resource);
    expect(ran).toBe(0);
    await client.close();
  });
});

describe('a client whose configured header brings no token begins to log in', () => {
  const provider = (asked: URL[]) => ({
    redirectUrl: 'http://localhost/callback',
    clientMetadata: { redirect_uris: ['http://localhost/callback'] },
    clientInformation: () => ({ client_id: 'c1' }),
    tokens: () => undefined,
    saveTokens: () => undefined,
    redirectToAuthorization: (url: URL) => void asked.push(url),
    saveCodeVerifier: () => undefined,
    codeVerifier: () => '',
  });

  test.each(['Bearer ', 'Bearer bad key'])(
    '%j, as `Bearer ${variable}` makes it [AH-11, AH-16, T193]',
    async (authorization) => {
      const requestInit = { headers: { authorization } };
      const url = new URL(gate.resource);
      const [askedV1, askedV2]: [URL[], URL[]] = [[], []];
      const v1 = new HttpV1(url, { requestInit, authProvider: provider(askedV1) });
      const v2 = new HttpV2(url, { requestInit, authProvider: provider(askedV2) });
      await expect(
        new ClientV1({ name: 'test', version: '1' }).connect(v1 as never),
      ).rejects.toThrow('Unauthorized');
      await expect(new ClientV2({ name: 'test', version: '1' }).connect(v2)).rejects.toThrow(
        'Unauthorized',
      );
      for (const asked of [askedV1, askedV2]) {
        expect(asked.map(({ origin }) => origin)).toEqual([issuer.issuer]);
        expect(asked[0]?.searchParams.get('scope')).toBe('notes:read');
      }
    },
  );
});
