/** What a resource says is told nobody if it contains the token that it was sent. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { stepUpFetch } from '../src/index.js';
import type { StepUpError, StepUpFetch } from '../src/index.js';
import { json, refuse, rejection, startServer } from './support.js';

const TOKEN = 'c2VjcmV0LXRva2VuLW9mLXRoaXMtdXNlcg';

describe('a resource that names the token of the request', () => {
  /** All that the client tells people, logs, the ledger and the authorization server. */
  async function told(
    challenge: string,
    metadata: object,
    act: (authorized: StepUpFetch, resource: string) => Promise<unknown> = (authorized, resource) =>
      authorized(resource),
  ) {
    const { resource } = await startServer(
      (_request, response) => refuse(response, 403, challenge),
      (_request, response, server) =>
        json(response, 200, { resource: server.resource, ...metadata }),
    );
    const texts: unknown[] = [];
    const ledger = new Map<string, string>();
    const tell = (event: unknown) => void texts.push(event);
    const authorized = stepUpFetch({
      ...{ resource, ledger, token: () => ({ accessToken: TOKEN, scope: 'read' }) },
      ...{ onChallenge: tell, onStepUp: tell, onGiveUp: tell },
      authorize: async ({ scope }) => void texts.push(scope),
    });
    const error = (await rejection(act(authorized, resource))) as StepUpError;
    return { error, all: inspect([error, texts, ledger], { depth: 9 }) };
  }

  test.each([
    `scope="${TOKEN}"`,
    `scope="write x${TOKEN}.y"`,
    `scope="${TOKEN.replaceAll(/./g, String.raw`\$&`)}"`,
    `scope="write", resource_metadata="https://other.example/${TOKEN}"`,
  ])('as %s: the challenge is not used, and nobody is told the token [T72]', async (params) => {
    const { error, all } = await told(`Bearer error="insufficient_scope", ${params}`, {});
    expect(error).toMatchObject({ code: 'unusable_challenge', scopes: [] });
    expect(all).not.toContain(TOKEN);
  });

  test.each(['insufficient_scope', 'invalid_request'])(
    'in the result of a tool call with %s: the same [T72]',
    async (code) => {
      const { error, all } = await told('', {}, (authorized) =>
        authorized.stepUp({ error: code, scopes: [TOKEN], params: new Map() }, 'add_note'),
      );
      expect(error).toMatchObject({ code: 'unusable_challenge', scopes: [] });
      expect(all).not.toContain(TOKEN);
    },
  );

  test.each([
    { scopes_supported: ['write', `x${TOKEN}`] },
    { authorization_servers: [`https://other.example/${TOKEN}`] },
  ])('in the metadata, as %j: it is not used [T72]', async (metadata) => {
    const { error, all } = await told('Bearer error="insufficient_scope"', metadata);
    expect(error).toMatchObject({ code: 'discovery_failed', scopes: [] });
    expect(all).not.toContain(TOKEN);
  });

  test('a short token may be a part of a scope', async () => {
    const { resource } = await startServer((_request, response) =>
      refuse(response, 403, 'Bearer error="insufficient_scope", scope="notes:read"'),
    );
    const authorized = stepUpFetch({
      ...{ resource, token: () => 'read', authorize: async () => undefined, discovery: false },
    });
    const error = await rejection(authorized(resource));
    expect(error).toMatchObject({ code: 'no_new_token', scopes: ['notes:read'] });
  });
});
