/**
 * The options of `stepUpFetch`, and how they are checked.
 *
 * @module
 */
import { parseUrl, readOptions } from '@scopegate/core/engine';
import type { NumberKind, Read } from '@scopegate/core/engine';
import type { DiscoveredResource } from './discover-resource.js';
import { readDiscoveryOptions } from './discovery-options.js';
import type { DiscoverResourceOptions } from './discovery-options.js';
import type { StepUpError } from './errors.js';
import type { LedgerStore } from './ledger.js';
import type { Fetch } from './request.js';
import type { AuthorizationRequest, ClientToken, StepUpEvent } from './types.js';

export interface StepUpFetchOptions {
  /**
   * The URL of the protected resource. The token is sent to this URL and to URLs below it, and nowhere
   * else; every other request is passed to `fetch` unchanged.
   */
  readonly resource: string | URL;
  /** Returns the token to send, or nothing. Called before each request. */
  readonly token: () =>
    | ClientToken
    | string
    | null
    | undefined
    | Promise<ClientToken | string | null | undefined>;
  /**
   * Gets another token with an OAuth library, which `token` returns from then on. Returns the granted
   * `scope` if `token` cannot, or `redirected` if the user was sent to another page. For a `step-up` it
   * must run a new authorization, because a refresh cannot add scopes. Other requests wait for it until
   * their signals abort, so it must reject when the user gives up.
   *
   * @default none: every refusal is an error, for clients whose token cannot change
   */
  readonly authorize?: (
    request: AuthorizationRequest,
  ) => Promise<{ readonly scope?: string | undefined } | 'redirected' | void>;
  /** @default the global `fetch` */
  readonly fetch?: Fetch;
  /** Keeps the counts of authorizations across page loads and restarts. @default in memory */
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
  /** The only scopes to ask for. @default all */
  readonly allowedScopes?: readonly string[];
  /** Called before an authorization for scopes that the token lacks; only `true` starts it. */
  readonly approveScopes?: (request: AuthorizationRequest) => boolean | Promise<boolean>;
  /**
   * Called when the resource names another authorization server than the one of the last token. Only
   * `true` continues.
   *
   * @default the request ends in `authorization_server_changed`
   */
  readonly approveAuthorizationServer?: (change: {
    readonly from: string;
    readonly to: readonly string[];
  }) => boolean | Promise<boolean>;
  /** `false` for a client without a user: it never steps up. @default true */
  readonly interactive?: boolean;
  /** How the metadata is found: `false` for a service that has none. */
  readonly discovery?:
    | false
    | Omit<DiscoverResourceOptions, 'challenge' | 'fetch'>
    | ((
        resource: string,
        options: DiscoverResourceOptions,
      ) => Promise<DiscoveredResource | undefined>);
  /** The resource refused a request because it lacks a token or a scope. */
  readonly onChallenge?: (event: StepUpEvent) => void;
  /** Scopes are about to be asked for. */
  readonly onStepUp?: (event: StepUpEvent) => void;
  /** A request ends in this error. Exceptions of these three functions are ignored. */
  readonly onGiveUp?: (error: StepUpError) => void;
}

type Limits = NonNullable<StepUpFetchOptions['limits']>;
type Defaulted = 'fetch' | 'ledger' | 'limits';

/** Checked; the limits are complete. */
export interface Settings extends Omit<Read<StepUpFetchOptions, Defaulted>, 'limits'> {
  readonly resource: string;
  readonly limits: Read<Limits, keyof Limits>;
}

/** A count with an upper bound. */
const upTo = (max: number, unit: string): NumberKind => ({ min: 0, max, unit, integer: true });

/** @throws {@link TypeError} naming the option */
export function checkOptions(options: StepUpFetchOptions): Settings {
  const given = readOptions<StepUpFetchOptions, Defaulted>(
    options,
    {
      allowedScopes: ['a list'],
      approveAuthorizationServer: ['a function'],
      approveScopes: ['a function'],
      authorize: ['a function'],
      discovery: ['any'],
      fetch: ['a function', globalThis.fetch],
      interactive: ['a boolean'],
      ledger: ['an object', new Map()],
      limits: ['an object', {}],
      onChallenge: ['a function'],
      onGiveUp: ['a function'],
      onStepUp: ['a function'],
      resource: ['any'],
      token: ['a function'],
    },
    '',
  );
  const { discovery, limits, resource, token } = given;
  if (token === undefined) throw new TypeError('token: expected a function');
  const url = parseUrl(String(resource));
  if (url === undefined) throw new TypeError('resource: expected an https URL');
  if (typeof discovery !== 'function' && discovery !== undefined && discovery !== false) {
    readDiscoveryOptions(discovery, 'discovery');
  }
  return {
    ...given,
    resource: url.href,
    limits: readOptions<Limits, keyof Limits>(
      limits,
      {
        perOperation: [upTo(2, 'authorizations'), 2],
        perResource: [upTo(32, 'authorizations'), 10],
        scopes: [upTo(100, 'scopes'), 100],
        forgetAfter: [upTo(86_400, 'seconds'), 600],
      },
      'limits',
    ),
  };
}
