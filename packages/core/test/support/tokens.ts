/**
 * Every kind of token that a gate meets, good and bad, signed by real keys.
 *
 * @module
 */
import { createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { BAD_TOKENS } from '../../../adapter-testkit/src/cases/index.js';
import type { Case } from '../../../adapter-testkit/src/cases/index.js';
import type { TestIssuer } from './issuer.js';

const KINDS = [
  ...[
    'reader',
    'writer',
    'admin',
    'readerOfDead',
    'readerOfOther',
    'longTyp',
    'repeatedScope',
    'scpClaim',
  ],
  ...['wrongAudience', 'noAudience', 'mixedAudience', 'wrongIssuer', 'issuerWithSlash'],
  ...['expired', 'noExpiry', 'expiryAsText', 'notYet'],
  ...['algNone', 'hs256Pem', 'hs256Jwk', 'idToken', 'noTyp', 'tampered', 'foreignKey', 'ownKey'],
  ...['critical', 'boundToKey', 'boundToCertificate', 'boundToUnknown', 'fiveParts', 'garbage'],
  ...['numberSubject', 'listedClient', 'booleanId'],
  ...['noScope', 'emptyScope', 'numberScope', 'nullScope', 'objectScope', 'mixedScope'],
  ...['upperScope', 'tabScope', 'prefixScope', 'scopeInRoles'],
] as const;

export type TokenKind = (typeof KINDS)[number];
export type Tokens = Readonly<Record<TokenKind, string>>;

/** Bad tokens as cases: beside what every gate finds, what only JWTs can be. */
export const BAD_JWTS: readonly Case[] = [
  ...['wrongAudience', 'noAudience', 'mixedAudience', 'wrongIssuer', 'issuerWithSlash'],
  ...['expired', 'noExpiry', 'expiryAsText', 'notYet', 'algNone', 'hs256Pem', 'hs256Jwk'],
  ...['idToken', 'noTyp', 'tampered', 'foreignKey', 'ownKey', 'critical', 'fiveParts', 'garbage'],
  ...['boundToKey', 'boundToCertificate', 'boundToUnknown'],
  ...['numberSubject', 'listedClient', 'booleanId'],
].map((token) => ({ ...(BAD_TOKENS[0] as Case), name: token, token }));

export interface Issuers {
  readonly issuer: TestIssuer;
  /** Another issuer with a key of its own. */
  readonly other: TestIssuer;
  /** One whose metadata cannot be had. */
  readonly dead: TestIssuer;
}

export async function mintTokens({ issuer, other, dead }: Issuers): Promise<Tokens> {
  const now = Math.floor(Date.now() / 1000);
  const good = await issuer.token();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const changed = { ...decode(payload), scope: 'admin:notes' };
  const forged = { ...decode(payload), iss: issuer.issuer };
  const pem = createPublicKey({ key: issuer.publicJwk as never, format: 'jwk' });
  const scope = (value: unknown): Promise<string> => issuer.token({ scope: value });
  return {
    reader: good,
    writer: await scope('notes:write'),
    admin: await scope('profile admin:notes'),
    readerOfDead: await dead.token(),
    readerOfOther: await issuer.token({ aud: 'https://notes.example.com/other' }),
    longTyp: await issuer.token({}, { typ: 'application/AT+JWT' }),
    repeatedScope: await scope('profile  notes:read notes:read'),
    scpClaim: await issuer.token({ scope: undefined, scp: ['notes:read'] }),
    wrongAudience: await issuer.token({ aud: 'https://other.example.com/mcp' }),
    noAudience: await issuer.token({ aud: undefined } as never),
    mixedAudience: await issuer.token({ aud: ['https://notes.example.com/mcp', 7] as never }),
    wrongIssuer: await other.token(),
    issuerWithSlash: await issuer.token({ iss: `${issuer.issuer}/` }),
    expired: await issuer.token({ exp: now - 120 }),
    noExpiry: await issuer.token({ exp: undefined } as never),
    expiryAsText: await issuer.token({ exp: String(now + 300) as never }),
    notYet: await issuer.token({ nbf: now + 300 }),
    algNone: `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    hs256Pem: await hs256(forged, pem.export({ type: 'spki', format: 'pem' }).toString()),
    hs256Jwk: await hs256(forged, JSON.stringify(issuer.publicJwk)),
    idToken: await issuer.token({ nonce: 'n' }, { typ: 'JWT' }),
    noTyp: await issuer.token({}, { typ: undefined }),
    tampered: `${header}.${encode(changed)}.${signature}`,
    foreignKey: await other.token({ iss: issuer.issuer }),
    ownKey: await other.token({ iss: issuer.issuer }, { jwk: other.publicJwk, kid: undefined }),
    critical: await issuer.token({}, { crit: ['b64'], b64: true }),
    boundToKey: await issuer.token({ cnf: { jkt: 'A'.repeat(43) } }),
    boundToCertificate: await issuer.token({ cnf: { 'x5t#S256': 'A'.repeat(43) } }),
    boundToUnknown: await issuer.token({ cnf: {} }),
    numberSubject: await issuer.token({ sub: 42 as never }),
    listedClient: await issuer.token({ client_id: ['c1'] }),
    booleanId: await issuer.token({ jti: true as never }),
    fiveParts: `${good}.a.b`,
    garbage: 'garbage',
    noScope: await issuer.token({ scope: undefined }),
    emptyScope: await scope(''),
    numberScope: await scope(7),
    nullScope: await scope(null),
    objectScope: await scope({ 'notes:read': true }),
    mixedScope: await scope(['notes:read', 7]),
    upperScope: await scope('Notes:Read'),
    tabScope: await scope('notes:read\tnotes:write'),
    prefixScope: await scope('notes notes:* notes:readonly'),
    scopeInRoles: await issuer.token({
      scope: undefined,
      roles: ['notes:read'],
      permissions: ['notes:read'],
    }),
  };
}

function hs256(payload: JWTPayload, secret: string): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })
    .sign(new TextEncoder().encode(secret));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}
