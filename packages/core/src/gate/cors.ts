/**
 * Allows cross-origin access for clients in browsers (Fetch standard; RFC 9449 s7.1 for the exposed
 * headers).
 *
 * @module
 */
import { DELTA_SECONDS, checkKind, readOptions } from '../options.js';
import type { GateRequest, HeaderList } from '../types.js';

export interface CorsOptions {
  /**
   * Origins that may read answers; `'*'` for any. Credentials are never allowed: tokens travel in a
   * header, not in cookies.
   *
   * @default '*'
   */
  readonly origins?: '*' | readonly string[];
  /** Request headers to allow besides `Authorization`, `Content-Type` and MCP's own. */
  readonly allowedHeaders?: readonly string[];
  /** Request methods to allow. @default ['GET', 'HEAD', 'POST', 'DELETE'] */
  readonly methods?: readonly string[];
  /** Seconds for which a browser may cache the answer to a preflight. @default 600 */
  readonly maxAge?: number;
}

export interface CorsSettings {
  readonly origins: '*' | ReadonlySet<string>;
  readonly preflight: HeaderList;
}

const ALLOWED = [
  ...['Authorization', 'Content-Type', 'Accept', 'Last-Event-ID', 'DPoP'],
  ...['MCP-Protocol-Version', 'Mcp-Session-Id', 'Mcp-Method', 'Mcp-Name'],
];

/** Headers of refusals and answers that clients in browsers must be able to read. */
const EXPOSED = 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id';

/** Checks the `cors` option and returns its settings; `undefined` if it is off. */
export function checkCors(option: boolean | CorsOptions = false): CorsSettings | undefined {
  if (option === false) return undefined;
  const given = option === true ? {} : option;
  const read = readOptions<CorsOptions, keyof CorsOptions>(given, OPTIONS, 'cors');
  const { origins, allowedHeaders, methods, maxAge } = read;
  if (origins !== '*') checkKind(origins, 'cors.origins', 'a list');
  const preflight: HeaderList = [
    ['Access-Control-Allow-Methods', methods.join(', ')],
    ['Access-Control-Allow-Headers', [...ALLOWED, ...allowedHeaders].join(', ')],
    ['Access-Control-Max-Age', String(maxAge)],
  ];
  // Check the header values here, so that an invalid one throws at set-up and not on the first request.
  for (const line of preflight) new Headers([[...line]]);
  return { origins: origins === '*' ? '*' : new Set(origins), preflight };
}

const OPTIONS: Parameters<typeof readOptions<CorsOptions>>[1] = {
  origins: ['any', '*'],
  allowedHeaders: ['a list', []],
  methods: ['a list', ['GET', 'HEAD', 'POST', 'DELETE']],
  maxAge: [DELTA_SECONDS, 600],
};

/**
 * Whether the request is a CORS preflight, which browsers send without credentials (Fetch standard). Any
 * other OPTIONS is an ordinary request.
 */
export function isPreflight(request: GateRequest): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.get('origin') !== null &&
    request.headers.get('access-control-request-method') !== null
  );
}

/** Returns the headers that let a client in a browser read the answer to this request. */
export function corsHeaders(cors: CorsSettings, request: GateRequest): HeaderList {
  const expose = ['Access-Control-Expose-Headers', EXPOSED] as const;
  if (cors.origins === '*') return [['Access-Control-Allow-Origin', '*'], expose];
  const origin = request.headers.get('origin');
  const vary = ['Vary', 'Origin'] as const;
  return origin !== null && cors.origins.has(origin)
    ? [['Access-Control-Allow-Origin', origin], expose, vary]
    : [vary];
}
