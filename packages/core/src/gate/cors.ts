/**
 * Allows cross-origin access for clients in browsers (Fetch standard; RFC 9449 s7.1 for the exposed
 * headers).
 *
 * @module
 */
import { requestedNames } from '../http/index.js';
import { DELTA_SECONDS, checkKind, readOptions } from '../options.js';
import type { GateRequest, HeaderList } from '../types.js';

export interface CorsOptions {
  /**
   * Origins that may read answers; `'*'` for any. `Access-Control-Allow-Credentials` is never sent, so a page
   * of another origin cannot read the answer to a request with cookies.
   *
   * @default '*'
   */
  readonly origins?: '*' | readonly string[];
  /**
   * Request headers to allow besides `Authorization`, `DPoP`, `Accept`, `Content-Type` and those of MCP.
   *
   * @default every header that the browser asks for, since tracing and MCP (`Mcp-Param-*`) have names that
   * no list can hold
   */
  readonly allowedHeaders?: readonly string[];
  /** Request methods to allow. @default the method that the browser asks for */
  readonly methods?: readonly string[];
  /** Seconds for which a browser may cache the answer to a preflight. @default 600 */
  readonly maxAge?: number;
}

export interface CorsSettings {
  readonly origins: '*' | ReadonlySet<string>;
  /** The value of `Access-Control-Allow-Headers`; without it, the requested names are sent back. */
  readonly headers: string | undefined;
  /** The value of `Access-Control-Allow-Methods`; without it, the requested method is sent back. */
  readonly methods: string | undefined;
  readonly maxAge: string;
}

const ALLOWED =
  'Authorization, Content-Type, Accept, Last-Event-ID, DPoP, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name';

/** Headers of refusals and answers that clients in browsers must be able to read. */
const EXPOSED = [
  'Access-Control-Expose-Headers',
  'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id',
] as const;

const VARY = ['Vary', 'Origin'] as const;

/** The headers for every origin, if all origins may read answers. */
const FOR_ANY: HeaderList = [['Access-Control-Allow-Origin', '*'], EXPOSED];

const FOR_FOREIGN: HeaderList = [VARY];

/** Checks the `cors` option and returns its settings; `undefined` if it is off. */
export function checkCors(option: boolean | CorsOptions = false): CorsSettings | undefined {
  if (option === false) return undefined;
  const given = option === true ? {} : option;
  const read = readOptions<CorsOptions, 'origins' | 'maxAge'>(given, OPTIONS, 'cors');
  const { origins, allowedHeaders, methods, maxAge } = read;
  if (origins !== '*') checkKind(origins, 'cors.origins', 'a list');
  const settings: CorsSettings = {
    origins: origins === '*' ? '*' : new Set(origins),
    headers: allowedHeaders && [ALLOWED, ...allowedHeaders].join(', '),
    methods: methods?.join(', '),
    maxAge: String(maxAge),
  };
  // Check the header values here, so that an invalid one throws at set-up and not on the first request.
  for (const value of [settings.headers, settings.methods]) new Headers([['x', value ?? '']]);
  return settings;
}

const OPTIONS: Parameters<typeof readOptions<CorsOptions>>[1] = {
  origins: ['any', '*'],
  allowedHeaders: ['a list'],
  methods: ['a list'],
  maxAge: [DELTA_SECONDS, 600],
};

/**
 * Whether the request is a CORS preflight, which browsers send without credentials (Fetch standard). Any
 * other OPTIONS is an ordinary request.
 */
export function isPreflight({ method, headers }: GateRequest): boolean {
  return (
    method === 'OPTIONS' &&
    headers.get('origin') !== null &&
    headers.get('access-control-request-method') !== null
  );
}

/** Returns the headers that let a client in a browser send this request, or read its answer. */
export function corsHeaders(cors: CorsSettings, request: GateRequest): HeaderList {
  const readable = readableBy(request.headers.get('origin'), cors.origins);
  return isPreflight(request)
    ? [...readable, ...preflightHeaders(cors, request.headers)]
    : readable;
}

function readableBy(origin: string | null, origins: CorsSettings['origins']): HeaderList {
  if (origins === '*') return FOR_ANY;
  return origin !== null && origins.has(origin)
    ? [['Access-Control-Allow-Origin', origin], EXPOSED, VARY]
    : FOR_FOREIGN;
}

/** Headers are allowed by name, because `*` does not allow `Authorization` (Fetch standard). */
function preflightHeaders(
  { headers, methods, maxAge }: CorsSettings,
  asked: GateRequest['headers'],
): HeaderList {
  const method = requestedNames(asked.get('access-control-request-method'));
  const names = requestedNames(asked.get('access-control-request-headers'));
  return [
    ['Access-Control-Allow-Methods', methods ?? method ?? 'GET'],
    ['Access-Control-Allow-Headers', headers ?? names ?? ALLOWED],
    ['Access-Control-Max-Age', maxAge],
  ];
}
