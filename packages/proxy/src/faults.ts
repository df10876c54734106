/**
 * Defines the faults that can happen after the gate allowed a request, and makes the responses to them.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';

/** The kind of a fault, for logs and metrics. The names are stable. */
export type ProxyFault =
  /** 502: there was no connection, or it ended before the answer began. */
  | 'upstream_unreachable'
  /**
   * 504: there was no answer within `headersTimeout`. An answer that pauses longer than `idleTimeout` is ended
   * with this fault.
   */
  | 'upstream_timeout'
  /** 502: the upstream requires other credentials than the proxy sent. */
  | 'upstream_unauthorized'
  /** 502: the upstream redirects to a URL outside the resource, or the option `fetch` followed a redirect. */
  | 'upstream_redirect'
  /** 502: the answer cannot be passed on, or an unexpected error occurred. */
  | 'upstream_invalid'
  /** 502: the answer broke off. If the caller already got its beginning, the stream fails instead. */
  | 'upstream_broken'
  /**
   * 503: `credential` or one of `headers` threw, took too long, or returned an illegal value or the caller's
   * token; or `upstreamTokens` got no token.
   */
  | 'credential_unavailable'
  /**
   * 403 without scopes: the upstream requires scopes that are not in the catalogue or that the caller has, or
   * it does not name them. Check `mapScopes`, and the scopes of the proxy's own credential.
   */
  | 'upstream_forbidden';

/** The error of a request that failed after the gate allowed it. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly reason: ProxyFault;

  constructor(reason: ProxyFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * Whether the error is a scope error, which the gate answers. The name is compared, because a program may
 * contain several copies of the class.
 */
export function isScopeError(error: unknown): boolean {
  return error instanceof Error && error.name === 'InsufficientScopeError';
}

/** Returns the fault of an error of `upstreamTokens`; `undefined` for any other error. */
export function faultOfToken(error: unknown): ProxyFault | undefined {
  if (!(error instanceof Error) || error.name !== 'UpstreamTokenError') return undefined;
  const isRefused = ownMember(error, 'code') === 'upstream_unauthorized';
  return isRefused ? 'upstream_unauthorized' : 'credential_unavailable';
}

interface Wording {
  readonly status: 502 | 503 | 504;
  readonly description: string;
}

const BAD_ANSWER: Wording = {
  status: 502,
  description: 'The server behind this one gave no usable answer',
};
const TIMEOUT: Wording = {
  status: 504,
  description: 'The server behind this one did not answer in time',
};
const UNAVAILABLE: Wording = {
  status: 503,
  description: 'The request cannot be passed on at the moment',
};

/** Makes the response to a fault. It is never a 401, because no token of the caller would help. */
export function faultResponse(fault: ProxyFault, message: unknown): Response {
  const { status, description } = wordingOf(fault);
  return errorResponse(status, status, 'temporarily_unavailable', description, message);
}

function wordingOf(fault: ProxyFault): Wording {
  if (fault === 'upstream_timeout') return TIMEOUT;
  return fault === 'credential_unavailable' ? UNAVAILABLE : BAD_ANSWER;
}

/** The code "Invalid Request" of JSON-RPC 2.0 s5.1. */
const INVALID_REQUEST = -32600;

/** Makes the 400 for a request that the upstream may read differently from the gate. */
export function ambiguousResponse(problem: string, message: unknown): Response {
  return errorResponse(400, INVALID_REQUEST, 'invalid_request', problem, message);
}

/** Makes a response in the format of the gate's refusals: a JSON-RPC error for a call, else OAuth's `error`. */
function errorResponse(
  status: number,
  code: number,
  error: string,
  description: string,
  message: unknown,
): Response {
  const facts = { error, error_description: description };
  const id = ownMember(message, 'jsonrpc') === '2.0' ? ownMember(message, 'id') : undefined;
  const isCall = typeof id === 'string' || typeof id === 'number';
  const body = isCall
    ? { jsonrpc: '2.0', id, error: { code, message: description, data: facts } }
    : facts;
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } });
}
