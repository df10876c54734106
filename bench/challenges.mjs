/** Reading and writing WWW-Authenticate. */
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { bearerChallenge, parseChallenges } from '@scopegate/core';
import { parse as authHeader } from 'auth-header';
import { BASIC, BEARER, DIGEST, parseWWWAuthenticateHeader } from 'http-auth-utils';
import { WWWAuthenticateChallengeError, processIntrospectionResponse } from 'oauth4webapi';
import wwwAuthenticate from 'www-authenticate';
import { row, usable } from './measure.mjs';

const METADATA = 'https://notes.example.com/.well-known/oauth-protected-resource/mcp';

const INPUTS = {
  'parse: simple Bearer': 'Bearer realm="example"',
  'parse: MCP 403, 4 parameters':
    'Bearer error="insufficient_scope", scope="notes:write notes:read", ' +
    `resource_metadata="${METADATA}", error_description="add_note needs notes:write"`,
  'parse: three challenges':
    'Negotiate, Basic realm="a, b", Bearer error="invalid_token", scope="notes:read", ' +
    `resource_metadata="${METADATA}"`,
};

export async function challenges() {
  for (const [title, header] of Object.entries(INPUTS)) {
    const response = new Response(null, { status: 401, headers: { 'www-authenticate': header } });
    const peers = usable({
      'www-authenticate': () => new wwwAuthenticate.parsers.WWW_Authenticate(header),
      'auth-header': () => authHeader(header),
      'http-auth-utils': () => parseWWWAuthenticateHeader(header, [BEARER, BASIC, DIGEST]),
      "MCP SDK v1's reader": () => extractWWWAuthenticateParams(response),
    });
    const times = await row(title, { scopegate: () => parseChallenges(header), ...peers });
    await oauth4webapi(response, times.scopegate);
  }
  await row('build a challenge (MCP 403)', {
    scopegate: () =>
      bearerChallenge({
        error: 'insufficient_scope',
        scope: ['notes:write', 'notes:read'],
        resourceMetadata: METADATA,
        errorDescription: 'add_note needs notes:write',
      }),
    'auth-header, quoting only': () =>
      `Bearer ${Object.entries({
        error: 'insufficient_scope',
        scope: 'notes:write notes:read',
        resource_metadata: METADATA,
        error_description: 'add_note needs notes:write',
      })
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(', ')}`,
  });
}

/** Its parser is reached through an async function that throws what it read, so it is timed by itself. */
async function oauth4webapi(response, base) {
  const server = { issuer: 'https://idp.example.com' };
  const client = { client_id: 'c' };
  const read = async () => {
    try {
      await processIntrospectionResponse(server, client, response);
    } catch (error) {
      if (error instanceof WWWAuthenticateChallengeError) return error.cause;
      throw error;
    }
    throw new Error('oauth4webapi read no challenge');
  };
  const rounds = [];
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 5000; i++) await read();
    rounds.push(Number(process.hrtime.bigint() - start) / 5000);
  }
  const ns = rounds.toSorted((a, b) => a - b)[3];
  const ratio = (ns / base).toFixed(2).padStart(8);
  console.log(
    `  ${'oauth4webapi (public function)'.padEnd(34)} ${ns.toFixed(0).padStart(9)} ns  ${ratio} x`,
  );
}
