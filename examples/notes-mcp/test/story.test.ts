import { authenticated, createGate } from '@scopegate/core';
import type { Gate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { afterEach, describe, expect, test } from 'vitest';
import { CheckError, createChecks } from '../src/checks.js';
import { runDemo } from '../src/demo.js';
import { policy, scopes } from '../src/notes-server.js';
import type { NotesGateOptions } from '../src/notes-server.js';
import { proveScopeMap } from '../src/scope-map.js';
import { createScreen } from '../src/screen.js';
import { signIn } from '../src/sign-in.js';
import { LEGACY, MODERN } from '../src/wires.js';
import { startEnvironment } from '../src/environment.js';
import type { Environment } from '../src/environment.js';

type Framework = 'express' | 'hono';
const FRAMEWORKS: readonly Framework[] = ['express', 'hono'];

/** A gate that asks who you are and then lets you do anything. */
function openGate({ resource, issuer }: NotesGateOptions): Gate {
  return createGate({
    resource,
    authorizationServers: [issuer],
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    scopes,
    initialScopes: ['notes:read'],
    policy: mcpPolicy(scopes, {
      tools: {
        read_notes: authenticated(),
        add_note: authenticated(),
        admin_purge: authenticated(),
      },
    }),
  });
}

/** A gate that is right, but whose 403 does not name what the token has. */
function terseGate({ resource, issuer }: NotesGateOptions): Gate {
  return createGate({
    resource,
    authorizationServers: [issuer],
    verifier: jwtVerifier({ issuer, allowInsecureLoopback: true }),
    scopes,
    initialScopes: ['notes:read'],
    policy,
    challengeScopes: 'operation',
  });
}

describe.each(FRAMEWORKS)('a demo that is not as told, on %s', (framework) => {
  test('throws where a token without the scope gets through', async () => {
    const lines: string[] = [];
    const demo = runDemo({ framework, createGate: openGate }, (line) => lines.push(line));
    await expect(demo).rejects.toThrow(CheckError);
    await expect(demo).rejects.toThrow(
      /^requests of add_note\n {2}expected .*add_note 403.*\n {2}saw .*add_note 200/s,
    );
    expect(lines.join('\n')).not.toMatch(/Everything held|Proven/);
  });

  test('throws where a challenge has other bytes', async () => {
    const demo = runDemo({ framework, createGate: terseGate }, () => undefined);
    await expect(demo).rejects.toThrow(
      /^the 403 for add_note\n {2}expected .*scope="notes:write notes:read".*saw .*scope="notes:write"/s,
    );
  });
});

describe('the scope map', () => {
  let environment: Environment | undefined;

  afterEach(() => environment?.close());

  async function prove(options: Parameters<typeof startEnvironment>[0]): Promise<string> {
    environment = await startEnvironment(options);
    const screen = createScreen(() => undefined);
    const outcome = {
      reader: await signIn(environment, 'notes:read'),
      writer: await signIn(environment, 'notes:read notes:write'),
      tools: [
        tool('read_notes', { readOnlyHint: true }),
        tool('add_note', {}),
        tool('admin_purge', { destructiveHint: true }),
      ],
    };
    const outcomes = new Map([LEGACY, MODERN].map((wire) => [wire, outcome]));
    await proveScopeMap(outcomes, { environment, screen, checks: createChecks() });
    return screen.lines.join('\n');
  }

  test.each(FRAMEWORKS)('is proven by calling every tool on %s [AH-15]', async (framework) => {
    expect(await prove({ framework })).toContain('Proven: a notes:read token reaches no write');
    // The writer on each wire; nobody else.
    expect(environment?.notes.runs).toEqual({ read_notes: 4, add_note: 2, admin_purge: 0 });
  });

  test.each(FRAMEWORKS)('throws where a tool runs that must not, on %s', async (framework) => {
    await expect(prove({ framework, createGate: openGate })).rejects.toThrow(
      /^add_note with reader, MCP 2025-11-25\n.*status: 403.*\n.*status: 200, ran: \[ 'add_note' \]/,
    );
  });
});

function tool(name: string, annotations: Record<string, boolean>) {
  return { name, annotations, inputSchema: { type: 'object' as const } };
}
