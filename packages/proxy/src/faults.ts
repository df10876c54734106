/**
 * The faults that can happen behind the gate, and the responses that the caller gets for them.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';

/** The kind of a fault, for logs and metrics. The names are stable. */
export type ProxyFault =
  /** 502: no connection, or it ended before the answer began. */
  | 'upstream_unreachable'
  /** 504: no answer within `headersTimeout`. An answer that pauses for `idleTimeout` is cut off. */
  | 'upstream_timeout'
  /** 502: the upstream wants other credentials than the proxy sent. */
  | 'upstream_unauthorized'
  /** 502: the upstream redirects to a URL outside the resource. */
  | 'upstream_redirect'
  /** 502: an answer that cannot be passed on. */
  | 'upstream_invalid'
  /** 502: the answer broke off. An answer that had begun is cut off. */
  | 'upstream_broken'
  /** 503: `credential` or one of `headers` threw, took too long or returned an illegal value. */
  | 'credential_unavailable'
  /**
   * 403 without scopes: the upstream wants scopes that the catalogue does not know or that the caller has,
   * or does not say which. See `mapScopes`, and what the proxy's own credential may do.
   */
  | 'upstream_forbidden';

/** Why a request failed behind the gate. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly reason: ProxyFault;

  constructor(reason: ProxyFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Whether the gate answers the error as a scope error. The name decides, as copies of the class exist. */
export function isScopeError(error: unknown): boolean {
  return error instanceof Error && error.name === 'InsufficientScopeError';
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

/** The response for a fault. It is never a 401 or a challenge: no token of the caller would help. */
export function faultResponse(fault: ProxyFault, message: unknown): Response {
  const { status, description } = wordingOf(fault);
  return errorResponse(status, status, 'temporarily_unavailable', description, message);
}

function wordingOf(fault: ProxyFault): Wording {
  if (fault === 'upstream_timeout') return TIMEOUT;
  return fault === 'credential_unavailable' ? UNAVAILABLE : BAD_ANSWER;
}

/** JSON-RPC 2.0 s5.1. */
const INVALID_REQUEST = -32600;

/** The response to a message that two parsers may read differently. */
export function ambiguousResponse(problem: string, message: unknown): Response {
  return errorResponse(400, INVALID_REQUEST, 'invalid_request', problem, message);
}

/** Answers in the format of the gate's refusals: an error object for a JSON-RPC call, else OAuth's members. */
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
