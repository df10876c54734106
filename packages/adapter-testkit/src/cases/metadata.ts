/**
 * Requests for metadata (RFC 9728 s3) and their answers, byte for byte; what a forged host must not
 * change.
 *
 * @module
 */
import { READ, unauthorized } from './case.js';
import type { Ids, ProvingCase } from './case.js';
import type { HeaderList } from '@scopegate/core';

export interface MetadataCase {
  readonly name: string;
  readonly ids: Ids;
  readonly method: string;
  readonly target: string;
  readonly headers?: HeaderList;
  readonly status: number;
  /** All headers, but for `ETag` and what the transport adds. */
  readonly expected: Readonly<Record<string, string>>;
  readonly body: string;
}

const MCP_TARGET = '/.well-known/oauth-protected-resource/mcp';
const ROOT_TARGET = '/.well-known/oauth-protected-resource';

const MCP_DOCUMENT =
  '{"resource":"https://notes.example.com/mcp","authorization_servers":["https://idp.example.com"],"scopes_supported":["notes:read"],"bearer_methods_supported":["header"]}';
/** A gate that names neither an issuer nor initial scopes: the document has no members for them, empty or full. */
const ROOT_DOCUMENT =
  '{"resource":"https://notes.example.com","bearer_methods_supported":["header"]}';

const SIGNED_TARGET = '/.well-known/oauth-protected-resource/signed?tenant=a';
const SIGNED_DOCUMENT =
  '{"resource":"https://notes.example.com/signed?tenant=a","authorization_servers":["https://idp.example.com"],"scopes_supported":["notes:read"],"bearer_methods_supported":["header"],"signed_metadata":"header.payload.signature"}';

const DOCUMENT_HEADERS = {
  'access-control-allow-origin': '*',
  'cache-control': 'public, max-age=3600',
  'content-type': 'application/json',
};

/** Headers that claim another name for this server. */
const FORGED: readonly (readonly [string, HeaderList])[] = [
  ['Host', [['Host', 'evil.example']]],
  ['Host, in capitals', [['Host', 'NOTES.EXAMPLE.COM:8080']]],
  ['X-Forwarded-Host', [['X-Forwarded-Host', 'evil.example']]],
  [
    'X-Forwarded-Host and more',
    [
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'http'],
      ['X-Forwarded-Port', '81'],
      ['X-Forwarded-Prefix', '/evil'],
      ['X-Original-URL', '/evil'],
    ],
  ],
  ['Forwarded', [['Forwarded', 'host=evil.example;proto=http']]],
];

function document(
  name: string,
  ids: Ids,
  method: string,
  rest: Partial<MetadataCase> = {},
): MetadataCase {
  return {
    name,
    ids,
    method,
    target: MCP_TARGET,
    status: 200,
    expected: DOCUMENT_HEADERS,
    body: method === 'HEAD' ? '' : MCP_DOCUMENT,
    ...rest,
  };
}

export const METADATA: readonly MetadataCase[] = [
  document('GET', '[C401-1, PR-1, PR-2, PR-3, PR-4, PR-9, SC-10, T47]', 'GET'),
  document('HEAD', '[PR-10]', 'HEAD'),
  document('GET of another gate', '[PR-1, PR-2, PR-3, SC-10]', 'GET', {
    target: ROOT_TARGET,
    body: ROOT_DOCUMENT,
  }),
  document('GET of one with a query, signed', '[PR-1, PR-3]', 'GET', {
    target: SIGNED_TARGET,
    body: SIGNED_DOCUMENT,
  }),
  document('GET with a bad token', '[PR-10]', 'GET', {
    headers: [['Authorization', 'Bearer a b']],
  }),
  document('GET from another origin', '[PR-10, T47]', 'GET', {
    headers: [['Origin', 'https://app.example.com']],
  }),
  document('GET with one more slash', '[PR-1]', 'GET', { target: `${MCP_TARGET}/` }),
  document('GET in absolute form', '[T42, T47]', 'GET', {
    target: `http://evil.example${MCP_TARGET}`,
  }),
  ...FORGED.map(([name, headers]) =>
    document(`GET with ${name}`, '[T42, T47]', 'GET', { headers }),
  ),
  document('a preflight', '[PR-10]', 'OPTIONS', {
    headers: [
      ['Origin', 'https://app.example.com'],
      ['Access-Control-Request-Method', 'GET'],
      ['Access-Control-Request-Headers', 'mcp-protocol-version'],
    ],
    status: 204,
    expected: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'mcp-protocol-version',
      'access-control-max-age': '86400',
    },
    body: '',
  }),
  ...['POST', 'PUT', 'DELETE', 'PATCH'].map((method) =>
    document(method, '[PR-10]', method, {
      status: 405,
      expected: { 'access-control-allow-origin': '*', allow: 'GET, HEAD, OPTIONS' },
      body: '',
    }),
  ),
];

/** Paths that are similar to the right ones: no metadata is there. */
export const NO_METADATA: readonly string[] = [
  `${MCP_TARGET}//`,
  `${SIGNED_TARGET}/`,
  `${MCP_TARGET}?x=1`,
  SIGNED_TARGET.slice(0, -2),
  `${MCP_TARGET}/../another`,
  '/.well-known/oauth-protected-resource/MCP',
  '/.Well-Known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource/another',
  '//.well-known/oauth-protected-resource/mcp',
  '/mcp/.well-known/oauth-protected-resource',
];

/** The challenge names the configured URL, also if the request claims another name for this server. */
export const FORGED_HOSTS: readonly ProvingCase[] = FORGED.map(([name, headers]) => ({
  name,
  ids: '[C401-5, T42]',
  headers,
  body: READ,
  expected: unauthorized,
}));
