/**
 * Field lines: credentials, labels of the content, MCP's own, and what servers may act on.
 *
 * @module
 */
import type { Random } from '../prng.js';
import { BAD_TOKENS, TOKENS } from '../tokens.js';

export type Line = readonly [name: string, value: string];

/** Mostly one that holds: else hardly a request would come to its rule. */
export function credentials(random: Random): Line[] {
  const name = random.oneIn(10) ? random.pick(['authorization', 'AUTHORIZATION']) : 'Authorization';
  const good = (): string => `Bearer ${random.pick(TOKENS)}`;
  switch (random.int(70)) {
    case 0:
      return [];
    case 1:
      return [[name, `Bearer ${random.pick(BAD_TOKENS)}`]];
    case 2:
      return [
        [name, good()],
        ['Authorization', good()],
      ];
    case 3:
      return [[name, `${good()}, ${good()}`]];
    case 4:
      return [[name, random.pick(['bearer', 'BEARER', 'DPoP', 'Basic']) + good().slice(6)]];
    case 5:
      return [
        [name, random.pick(['Bearer', 'Bearer ', 'Bearer  admin', 'Bearer\tadmin', 'admin'])],
      ];
    case 6:
      return [
        [name, `Bearer ${random.pick(BAD_TOKENS)}`],
        ['X-Authorization', 'Bearer admin'],
      ];
    case 7:
      return [[random.pick(['X-Auth', 'Cookie', 'Proxy-Authorization']), 'Bearer admin']];
    default:
      // Tokens with fewer scopes find more.
      return [[name, random.oneIn(3) ? good() : `Bearer ${random.pick(WEAK)}`]];
  }
}

const WEAK = ['reader', 'reader', 'reader', 'both', 'auditor', 'guest'];

const TYPES = [
  ...['application/json; charset=utf-8', 'application/json;charset=utf-16', 'text/plain'],
  ...['application/x-www-form-urlencoded', 'application/vnd.api+json', 'APPLICATION/JSON', '*/*'],
  ...['application/json, text/plain', 'application/json;;', 'multipart/form-data; boundary=x'],
  ...['application/json; charset=latin1', 'application/json; charset="utf-16le"', 'json'],
];

export function contentTypes(random: Random): Line[] {
  if (!random.oneIn(18)) return [['Content-Type', 'application/json']];
  const line: Line = ['Content-Type', random.pick(TYPES)];
  if (random.oneIn(4)) return [];
  return random.oneIn(6) ? [line, ['Content-Type', 'application/json']] : [line];
}

const REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

export interface Wire {
  readonly version: string | undefined;
  readonly lines: readonly Line[];
}

/** The revision's headers: in order, or at odds with the body. */
export function wire(random: Random, method: string, name: unknown): Wire {
  const version = random.oneIn(3) ? undefined : random.pick(REVISIONS);
  const lines: Line[] = version === undefined ? [] : [['MCP-Protocol-Version', version]];
  if (version === '2026-07-28' || random.oneIn(6)) {
    lines.push(['Mcp-Method', random.oneIn(20) ? 'tools/list' : method]);
    const text = typeof name === 'string' && /^[\x21-\x7e]+$/.test(name) ? name : 'x';
    const named = random.oneIn(20) ? random.pick(['read_notes', 'notes://x', '']) : text;
    if (name !== undefined) lines.push(['Mcp-Name', named]);
    if (random.oneIn(40)) lines.push(['Mcp-Name', 'read_notes']);
    if (random.oneIn(40)) lines.push(['Mcp-Method', 'tools/list']);
  }
  if (random.oneIn(40)) lines.push(['MCP-Protocol-Version', random.pick(['2026-07-28', 'x', ''])]);
  return { version, lines };
}

const EXTRAS: readonly Line[] = [
  ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X_HTTP_Method_Override'].map(
    (name): Line => [name, 'DELETE'],
  ),
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI'].map((name): Line => [name, '/admin']),
  ['X-Original-Method', 'DELETE'],
  ['X-Forwarded-Host', 'evil.example'],
  ['X-Forwarded-Prefix', '/admin'],
  ['Origin', 'https://app.example.com'],
  ['Access-Control-Request-Method', 'POST'],
  ['Mcp-Session-Id', 'a'],
  ['Last-Event-ID', '1'],
  ['Content-Encoding', 'gzip'],
  ['Content-Encoding', 'identity'],
  ['Upgrade', 'websocket'],
  ['Connection', 'close, X-Fuzz'],
  ['Connection', 'Authorization'],
  ['Connection', 'Content-Type, Content-Length'],
  ['TE', 'trailers'],
  ['DPoP', 'x'],
];

export function extras(random: Random): Line[] {
  return Array.from({ length: random.oneIn(4) ? random.int(3) + 1 : 0 }, () => random.pick(EXTRAS));
}

/** Which answers the client takes. */
export function accept(random: Random): Line[] {
  if (random.oneIn(12)) return random.oneIn(2) ? [] : [['Accept', '*/*']];
  return [['Accept', 'application/json, text/event-stream']];
}
