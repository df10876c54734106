/** The gates that are attacked, and what headers they read. */
import { createGate, defineScopes, httpPolicy, publicAccess } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { mcpPolicy } from '@scopegate/core/mcp';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

export const RESOURCE = 'https://notes.example.com/mcp';
export const ISSUER = 'https://idp.example.com';

const quiet = { onError: () => {}, onWarning: () => {} };

/** An MCP gate with a tool that needs no token, so that everything is read for everybody. */
export function mcpGate(verifier) {
  const scopes = defineScopes(['notes:read', 'notes:write']);
  return createGate({
    ...quiet,
    resource: RESOURCE,
    authorizationServers: [ISSUER],
    scopes,
    verifier,
    cors: { origins: ['https://app.example.com'] },
    policy: mcpPolicy(scopes, {
      tools: {
        hello: publicAccess(),
        read_notes: 'notes:read',
        by_id: ({ args }) => (args?.id === 'public' ? 'notes:read' : 'notes:write'),
      },
      prompts: { hello: publicAccess() },
      resources: { 'notes://{id}': 'notes:read', 'notes://public/{id}': publicAccess() },
      otherTools: publicAccess(),
    }),
  });
}

/** A gate over paths, with templates that share their beginnings. */
export function pathGate(verifier) {
  return createGate({
    ...quiet,
    resource: 'https://notes.example.com',
    authorizationServers: [ISSUER],
    scopes: defineScopes(['notes:read', 'notes:write']),
    verifier,
    policy: httpPolicy([
      { method: 'GET', path: '/', rule: publicAccess() },
      { method: 'GET', path: '/notes/{id}', rule: 'notes:read' },
      { method: 'GET', path: '/notes/{id}/parts/{part}', rule: 'notes:read' },
      { method: '*', path: '/a/{b}/{c}', rule: 'notes:write' },
    ]),
  });
}

/** One key of an algorithm, public and private. */
export async function makeKey(alg, kid) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg, use: 'sig', kid };
  return { alg, kid, jwk, privateKey, publicKey };
}

export function signedBy({ alg, privateKey }, kid) {
  return new SignJWT({ client_id: 'bench', scope: 'notes:read' })
    .setProtectedHeader({ alg, typ: 'at+jwt', ...(kid !== undefined && { kid }) })
    .setIssuer(ISSUER)
    .setAudience(RESOURCE)
    .setSubject('user-1')
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
}

export function verifierOf(keys) {
  return jwtVerifier({ issuer: ISSUER, jwks: { keys: keys.map(({ jwk }) => jwk) } });
}

/** A request as a binding that hides nothing shows it. */
export function request(method, url, headers, body) {
  const contentType = headers['content-type'] ?? null;
  return {
    method,
    url,
    headers: { get: (name) => headers[name] ?? null },
    ...(body !== undefined && {
      readBody: async () => ({
        bytes: body,
        contentType,
        contentEncoding: headers['content-encoding'] ?? null,
      }),
    }),
  };
}

export function call(name, args) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
}

/** The names of all headers that a gate asks for, over requests of every kind. */
export async function headersRead(gate) {
  const names = new Set();
  const json = { 'content-type': 'application/json' };
  const body = Buffer.from(JSON.stringify(call('hello', {})));
  const stateless = { ...json, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' };
  for (const one of [
    request('POST', '/mcp', json, body),
    request('POST', '/mcp', { ...stateless, 'mcp-name': 'hello' }, body),
    request('GET', '/mcp', {}),
    request('DELETE', '/mcp', {}, Buffer.from('x')),
    request('OPTIONS', '/mcp', { origin: 'https://app.example.com' }),
  ]) {
    const { get } = one.headers;
    one.headers.get = (name) => {
      names.add(name);
      return get(name);
    };
    await gate.route().decide(one);
  }
  // The binding reads it and hands it over with the body.
  return [...names, 'content-type', 'content-encoding'].filter(
    (name, index, all) => all.indexOf(name) === index,
  );
}
