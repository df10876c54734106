/**
 * What `stepUpFetch` can be told, and what its functions are called with.
 *
 * @module
 */
import type { ProtectedResourceMetadata } from '@scopegate/core';
import { own, ownText, parseUrl } from '@scopegate/core/engine';
import type { BearerChallenge } from './bearer-challenge.js';
import type { DiscoverResourceOptions, DiscoveredResource } from './discover-resource.js';
import type { ClientOperation, StepUpError } from './errors.js';
import type { LedgerStore } from './ledger.js';
import type { Fetch } from './request.js';

/**
 * `login`: no token was sent. `reauthenticate`: the one that was sent is not valid any more, or the
 * resource wants a fresh login (RFC 9470): a refresh may be the answer. `step-up`: the token lacks
 * scopes, and a refresh cannot widen it (RFC 6749 s6).
 */
export type AuthorizationReason = 'login' | 'reauthenticate' | 'step-up';

/** An access token as the application keeps it; the client never looks into it. */
export interface ClientToken {
  readonly accessToken: string;
  /** `scope` of the token response; if that had none, what was asked for (RFC 6749 s5.1). */
  readonly scope?: string | undefined;
}

/** What an authorization is to ask for. */
export interface AuthorizationRequest {
  readonly reason: AuthorizationReason;
  /** The `scope` parameter, all of it; `undefined` to leave the parameter out. */
  readonly scope: string | undefined;
  /** What of it the present token does not have. */
  readonly added: readonly string[];
  /** Missing if a 401 came without one. */
  readonly challenge: BearerChallenge | undefined;
  /** The `resource` parameter (RFC 8707). */
  readonly resource: string;
  /** Missing only if `discovery` is `false`, or a function that found none. */
  readonly metadata: ProtectedResourceMetadata | undefined;
  readonly operation: ClientOperation;
}

/** What an event tells. `label` is for people: "add_note needs notes:write". */
export interface StepUpEvent {
  readonly reason: AuthorizationReason;
  readonly operation: ClientOperation;
  readonly label: string;
  readonly scopes: readonly string[];
}

export interface StepUpFetchOptions {
  /**
   * The protected resource, as its users write it. The token goes to this URL and below it, and
   * nowhere else; every other request is handed to `fetch` as it is.
   */
  readonly resource: string | URL;
  /** The token to send now; nothing if there is none. Asked before each request. */
  readonly token: () =>
    | ClientToken
    | string
    | null
    | undefined
    | Promise<ClientToken | string | null | undefined>;
  /**
   * Gets another token, with an OAuth library, so that `token` returns it from then on. May return
   * the granted `scope` if `token` cannot say it. Returns `redirected` if the user was sent away.
   * For a `step-up` it must run a new authorization, never a refresh. Other requests wait for its
   * end, each as long as its own signal lets it: reject when the user walks away. Left out: every refusal is an
   * error, for clients whose token cannot change.
   */
  readonly authorize?: (
    request: AuthorizationRequest,
  ) => Promise<{ readonly scope?: string | undefined } | 'redirected' | void>;
  /** @default the global `fetch` */
  readonly fetch?: Fetch;
  /** Keeps the bounds over page loads and restarts. @default in memory */
  readonly ledger?: LedgerStore;
  readonly limits?: {
    /** Authorizations for an operation that did not help it. @default 2 */
    readonly perOperation?: number;
    /** Authorizations for the resource that failed or asked for more scopes. @default 10 */
    readonly perResource?: number;
    /** Scopes in one authorization. @default 100 */
    readonly scopes?: number;
    /** Seconds for which these are counted, and refused scopes not asked for again. @default 600 */
    readonly forgetAfter?: number;
  };
  /** No other scope is ever asked for. @default all are */
  readonly allowedScopes?: readonly string[];
  /** Asked before scopes are asked for that the token does not have; only `true` goes on. */
  readonly approveScopes?: (request: AuthorizationRequest) => boolean | Promise<boolean>;
  /**
   * Asked when a resource that a token was obtained for names another authorization server. Only
   * `true` goes on. @default refused
   */
  readonly approveAuthorizationServer?: (change: {
    readonly from: string;
    readonly to: readonly string[];
  }) => boolean | Promise<boolean>;
  /** `false` for a client without a user: more scopes are never asked for. @default true */
  readonly interactive?: boolean;
  /** How the metadata is found: `false` for a service that has none. */
  readonly discovery?:
    | false
    | Omit<DiscoverResourceOptions, 'challenge' | 'fetch'>
    | ((
        resource: string,
        options: DiscoverResourceOptions,
      ) => Promise<DiscoveredResource | undefined>);
  /** The resource refused a request for want of a token or a scope. */
  readonly onChallenge?: (event: StepUpEvent) => void;
  /** Scopes are about to be asked for. */
  readonly onStepUp?: (event: StepUpEvent) => void;
  /** A request ends in this error. What any of the three throws is ignored. */
  readonly onGiveUp?: (error: StepUpError) => void;
}

/** Checked; the limits are complete. */
export interface Settings extends Omit<StepUpFetchOptions, 'limits'> {
  readonly resource: string;
  readonly fetch: Fetch;
  readonly limits: Required<NonNullable<StepUpFetchOptions['limits']>>;
}

const TYPES = {
  allowedScopes: 'object',
  approveAuthorizationServer: 'function',
  approveScopes: 'function',
  authorize: 'function',
  discovery: 'boolean object function',
  fetch: 'function',
  interactive: 'boolean',
  ledger: 'object',
  limits: 'object',
  onChallenge: 'function',
  onGiveUp: 'function',
  onStepUp: 'function',
  resource: 'string object',
  token: 'function',
};

/** The largest value of each, and the default of those that are not in {@link DEFAULTS}. */
const LIMITS = { perOperation: 2, perResource: 32, scopes: 100, forgetAfter: 86_400 };
const DEFAULTS = { perResource: 10, forgetAfter: 600 };

/** @throws {@link TypeError} naming the option */
export function checkOptions(options: StepUpFetchOptions): Settings {
  for (const [name, value] of Object.entries({ ...options, token: options.token ?? null })) {
    const types = ownText(TYPES, name);
    if (types === undefined) throw unknownOption(name);
    const isRight = value === undefined || (value !== null && types.includes(typeof value));
    expect(isRight, name, types.replaceAll(' ', ' or '));
  }
  const resource = parseUrl(String(options.resource));
  expect(resource !== undefined, 'resource', 'an https URL');
  const limits = { ...LIMITS, ...DEFAULTS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) {
    const max = own(LIMITS, name);
    if (typeof max !== 'number') throw unknownOption(`limits.${name}`);
    const isRight = Number.isInteger(value) && value >= 0 && value <= max;
    expect(isRight, `limits.${name}`, `an integer from 0 to ${max}`);
  }
  return {
    ...options,
    resource: resource.href,
    fetch: options.fetch ?? globalThis.fetch,
    limits,
  };
}

function unknownOption(name: string): TypeError {
  return new TypeError(`${name}: unknown option`);
}

function expect(isRight: boolean, name: string, what: string): asserts isRight {
  if (!isRight) throw new TypeError(`${name}: expected ${what}`);
}
