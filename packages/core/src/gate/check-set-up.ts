/**
 * Finds set-ups that keep callers out, although each option by itself is valid.
 *
 * @module
 */
import type { GateWarning } from '../observe/index.js';
import { callHook } from '../call-hook.js';
import { expect } from '../options.js';
import type { Policy } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { isFactory, issuersOf } from '../token/index.js';
import type { Verifier } from '../token/index.js';
import { isObject } from '../values.js';
import type { Provider } from './types.js';

/** The settings that are checked together. */
interface SetUp {
  readonly authorizationServers: readonly string[];
  readonly verifier: Verifier;
  readonly provider: Provider | undefined;
  readonly issuersDiffer: boolean;
  readonly policy: Policy | undefined;
  readonly catalogue: ScopeCatalogue;
  readonly onWarning: (warning: GateWarning) => void;
}

/**
 * Checks that the value of the option `verifier` is a verifier.
 *
 * @throws {@link TypeError} that says what to pass instead
 */
export function checkVerifier(verifier: unknown): asserts verifier is Verifier {
  expect(verifier !== undefined, 'verifier', 'is required, or a provider');
  const isProvider = isObject(verifier) && 'verifier' in verifier;
  expect(!isProvider, 'verifier', 'expected a function; pass this object as `provider`');
  const isOfSdk = isObject(verifier) && 'verifyAccessToken' in verifier;
  expect(!isOfSdk, 'verifier', 'expected a function; wrap this object: fromSdkVerifier(...)');
  expect(typeof verifier === 'function', 'verifier', 'expected a function');
  const { name } = verifier;
  expect(!isFactory(verifier), 'verifier', `${name} makes a verifier: call it, ${name}({...})`);
}

/**
 * Warns of a set-up that keeps callers out.
 *
 * @param isLoginNamed - whether the options name scopes for a first login or for the metadata
 * @throws {@link TypeError} if no authorization server is an issuer of the verifier, and one differs from an
 * issuer only by a final slash, upper and lower case, or a default port
 */
export function checkSetUp(settings: SetUp, isLoginNamed: boolean): void {
  const { onWarning, authorizationServers, policy, catalogue } = settings;
  const warn = (code: GateWarning['code'], message: string): void => {
    callHook(() => onWarning(Object.freeze({ code, message })));
  };
  checkIssuers(settings, warn);
  if (policy?.reads !== 'body') return;
  const issuers = issuersOf(settings.verifier);
  // An empty list of issuers says that no authorization server issues the tokens, so no client looks for one.
  if (authorizationServers.length === 0 && issuers?.length !== 0) {
    warn(
      'no_authorization_servers',
      'authorizationServers is not set, so MCP clients cannot find out where to log in: name the issuer of the tokens',
    );
  }
  if (!isLoginNamed && catalogue.names.length > 1) {
    warn(
      'no_initial_scopes',
      `initialScopes is not set, so a first login asks for no scope: name those of ${catalogue.names.slice(0, 5).join(', ')} that it should ask for`,
    );
  }
}

type Warn = (code: GateWarning['code'], message: string) => void;

/** Compares the issuers of the verifier with those that clients are sent to (RFC 9728 s2). */
function checkIssuers(settings: SetUp, warn: Warn): void {
  const { authorizationServers: servers, verifier, provider, issuersDiffer } = settings;
  const issuers = issuersOf(verifier) ?? [];
  // A provider sets servers and verifier together. One issuer in common is enough.
  if (issuersDiffer || provider !== undefined) return;
  if (issuers.length === 0 || servers.length === 0) return;
  if (servers.some((server) => issuers.includes(server))) return;
  for (const [index, server] of servers.entries()) {
    const near = issuers.find((issuer) => normalForm(issuer) === normalForm(server));
    const path = `authorizationServers[${index}]`;
    expect(
      near === undefined,
      path,
      `${server} is not the verifier's issuer ${near}, which is compared exactly: write both alike, as the tokens have it in iss`,
    );
  }
  warn(
    'issuers_differ',
    `clients get tokens from ${servers.join(' ')}, and the verifier accepts ${issuers.join(' ')}: correct authorizationServers or the verifier's issuer, or set issuersDiffer: true if the first stands in front of the second`,
  );
}

/** Returns a URL without what is easily misspelt: a final slash, upper case, a default port. */
function normalForm(url: string): string {
  const { href } = URL.canParse(url) ? new URL(url) : { href: url };
  return href.replace(/\/$/, '').toLowerCase();
}
