/**
 * Defines and checks the options of `stepUpFetch`.
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
import type { MakeProof } from './proofs.js';
import type { Fetch } from './request.js';
import type { AuthorizationRequest, ClientToken, OutsideEvent, StepUpEvent } from './types.js';

export interface StepUpFetchOptions {
  /**
   * The URL of the protected resource. The token is sent only to this URL and to URLs below it; every other
   * request is passed to `fetch` unchanged.
   */
  readonly resource: string | URL;
  /** Returns the token to send, or nothing. It is called before each request. */
  readonly token: () =>
    | ClientToken
    | string
    | null
    | undefined
    | Promise<ClientToken | string | null | undefined>;
  /**
   * Makes DPoP proofs (RFC 9449), for tokens that are bound to a key: a function over `generateProof` of the
   * package `dpop`, for example. It must use the key with which `authorize` gets tokens. The proofs go where
   * the token goes, and nowhere else.
   *
   * @default tokens are sent as bearer tokens
   */
  readonly dpop?: MakeProof;
  /**
   * Gets another token with an OAuth library, which `token` must then return. It returns the granted `scope`
   * if `token` does not return it, or `redirected` if the user was sent to another page. For a `step-up` it
   * must run a new authorization, because a refresh cannot add scopes. Other requests wait for it until
   * their signals abort, so it must reject if the user cancels.
   *
   * @default none, so that every refusal is an error, for clients whose token cannot change
   */
  readonly authorize?: (
    request: AuthorizationRequest,
  ) => Promise<{ readonly scope?: string | undefined } | 'redirected' | void>;
  /** The `fetch` that sends the requests and fetches the metadata. @default the global `fetch` */
  readonly fetch?: Fetch;
  /** The store in which authorizations are recorded across page loads and restarts. @default in memory */
  readonly ledger?: LedgerStore;
  readonly limits?: {
    /**
     * Maximum number of authorizations after which an operation still failed, 0 to 2. Logins, renewals and
     * step-ups are counted separately.
     *
     * @default 2
     */
    readonly perOperation?: number;
    /** Maximum number of authorizations for the resource that failed or were step-ups. @default 10 */
    readonly perResource?: number;
    /** Maximum number of scopes in one authorization. @default 100 */
    readonly scopes?: number;
    /** Seconds for which authorizations count and refused scopes are not asked for again. @default 600 */
    readonly forgetAfter?: number;
  };
  /**
   * The scopes that challenges and metadata may add to an authorization. Scopes that the token has, or that
   * were asked for before, are asked for again in any case.
   *
   * @default all
   */
  readonly allowedScopes?: readonly string[];
  /** Called before an authorization for scopes that the token lacks, which runs only if this returns `true`. */
  readonly approveScopes?: (request: AuthorizationRequest) => boolean | Promise<boolean>;
  /**
   * Called if there is a token, and the metadata no longer lists the authorization server that it listed first
   * at the last authorization. The next authorization runs only if this returns `true`.
   *
   * @default the request fails with `authorization_server_changed`
   */
  readonly approveAuthorizationServer?: (change: {
    readonly from: string;
    readonly to: readonly string[];
  }) => boolean | Promise<boolean>;
  /** Whether there is a user. If this is `false`, the client never starts a step-up. @default true */
  readonly interactive?: boolean;
  /** The options for finding the metadata, or a function that finds it; `false` for a resource without any. */
  readonly discovery?:
    | false
    | Omit<DiscoverResourceOptions, 'challenge' | 'fetch'>
    | ((
        resource: string,
        options: DiscoverResourceOptions,
      ) => Promise<DiscoveredResource | undefined>);
  /** Called when the resource refused a request because a valid token or a scope is missing. */
  readonly onChallenge?: (event: StepUpEvent) => void;
  /** Called before `authorize` is called for a step-up. */
  readonly onStepUp?: (event: StepUpEvent) => void;
  /**
   * Called after the response to a request that went without the token, because its URL is not within
   * `resource`. A request to the authorization server through this `fetch` is such a request, too.
   */
  readonly onOutside?: (event: OutsideEvent) => void;
  /** Called when a request fails with this error. What these four listeners throw or reject with is ignored. */
  readonly onGiveUp?: (error: StepUpError) => void;
}

type Limits = NonNullable<StepUpFetchOptions['limits']>;
type Defaulted = 'fetch' | 'ledger' | 'limits';

/** The options after they were checked, with the defaults of `fetch`, `ledger` and `limits`. */
export interface Settings extends Omit<Read<StepUpFetchOptions, Defaulted>, 'limits'> {
  readonly resource: string;
  readonly limits: Read<Limits, keyof Limits>;
}

/** Returns the kind of an integer from 0 to `max`. */
const upTo = (max: number, unit: string): NumberKind => ({ min: 0, max, unit, integer: true });

/**
 * Checks the options of `stepUpFetch` and adds defaults.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkOptions(options: StepUpFetchOptions): Settings {
  const given = readOptions<StepUpFetchOptions, Defaulted>(
    options,
    {
      allowedScopes: ['a list'],
      approveAuthorizationServer: ['a function'],
      approveScopes: ['a function'],
      authorize: ['a function'],
      discovery: ['any'],
      dpop: ['a function'],
      fetch: ['a function', globalThis.fetch],
      interactive: ['a boolean'],
      ledger: ['an object', new Map()],
      limits: ['an object', {}],
      onChallenge: ['a function'],
      onGiveUp: ['a function'],
      onOutside: ['a function'],
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
