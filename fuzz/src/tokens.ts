/**
 * Tokens without cryptography: a token is the name of its claims, and core checks the claims.
 *
 * @module
 */
import { RESOURCE } from '../../packages/adapter-testkit/src/gates.js';
import type { Verifier } from './scopegate.js';

export { RESOURCE };

/** The scope claim of each token that holds. */
const HELD: Readonly<Record<string, readonly string[]>> = {
  guest: [],
  reader: ['notes:read'],
  writer: ['notes:write'],
  admin: ['admin:notes'],
  auditor: ['audit:read'],
  both: ['notes:read', 'audit:read'],
};

/** Claims of those that do not. */
const BAD: Readonly<Record<string, object>> = {
  expired: { scope: 'admin:notes', exp: 1_000_000_000 },
  foreign: { scope: 'admin:notes', aud: 'https://other.example.com/mcp' },
  bound: { scope: 'admin:notes', cnf: { jkt: 'A'.repeat(43) } },
};

export const TOKENS: readonly string[] = Object.keys(HELD);
export const BAD_TOKENS: readonly string[] = [...Object.keys(BAD), 'nobody', 'Reader'];

/** Answers later, as verifiers do. */
export const verifier: Verifier = async (token, { resource }) => {
  const scope = Object.hasOwn(HELD, token) ? HELD[token]?.join(' ') : undefined;
  const bad = Object.hasOwn(BAD, token) ? BAD[token] : undefined;
  if (scope === undefined && bad === undefined) return undefined;
  const base = { iss: 'https://idp.example.com', aud: resource, sub: token, client_id: 'c1' };
  return { claims: { ...base, exp: Math.floor(Date.now() / 1000) + 300, scope, ...bad } };
};

/** Written out by hand, not by the catalogue: what a token's holder may use. */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  guest: [],
  reader: ['notes:read'],
  writer: ['notes:write', 'notes:read'],
  admin: ['admin:notes', 'notes:write', 'notes:read'],
  auditor: ['audit:read'],
  both: ['notes:read', 'audit:read'],
};

/** Who sent the request, as a person reads its `Authorization` lines. */
export type Caller =
  | { readonly kind: 'nobody' }
  /** A credential that holds nowhere, or more than one. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'known'; readonly scopes: ReadonlySet<string> };

export function callerOf(headers: readonly (readonly [string, string])[]): Caller {
  const lines = headers.filter(([name]) => name.toLowerCase() === 'authorization');
  if (lines.length === 0) return { kind: 'nobody' };
  // A scheme without a token counts as no credentials, since clients send it if a variable is empty.
  if (lines.length === 1 && /^bearer$/i.test(lines[0]?.[1].trim() ?? '')) return { kind: 'nobody' };
  const token = lines.length === 1 ? /^bearer +(\w+)$/i.exec(lines[0]?.[1].trim() ?? '')?.[1] : '';
  const scopes = Object.hasOwn(CLOSED, token ?? '') ? CLOSED[token ?? ''] : undefined;
  // Another scheme counts as no credential (RFC 9110 s11.6.2): a public operation may run.
  if (token === undefined && !lines.some(([, value]) => /bearer/i.test(value))) {
    return { kind: 'nobody' };
  }
  return scopes === undefined ? { kind: 'invalid' } : { kind: 'known', scopes: new Set(scopes) };
}
