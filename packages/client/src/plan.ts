/**
 * Plans an authorization: selects its scopes, checks the limits, and asks for the approvals.
 *
 * @module
 */
import { isScopeSuperset, parseScope, unionScopes } from '@scopegate/core';
import type { BearerChallenge } from './bearer-challenge.js';
import { discoverResource } from './discover-resource.js';
import type { DiscoveredResource } from './discover-resource.js';
import { showUrl } from './errors.js';
import type { LedgerEntry } from './ledger.js';
import type { Settings } from './options.js';
import type { RefusedRequest } from './refused-request.js';
import { stepUpScopes } from './scopes.js';
import { holdsToken } from './token.js';
import type { AuthorizationRequest } from './types.js';

const MAX_SCOPE_LENGTH = 4096;

/**
 * Makes the request for one authorization, with the help of the ledger's entry.
 *
 * @param challenged - the challenged scopes of this request and of all others that wait
 * @throws {@link StepUpError} if the authorization must not run
 */
export async function planAuthorization(
  settings: Settings,
  { attempts, requested, issuer }: LedgerEntry,
  refused: RefusedRequest,
  challenged: readonly string[],
): Promise<AuthorizationRequest> {
  const { reason, operation, challenge, token, scopes, fail } = refused;
  const { limits, allowedScopes, approveScopes, approveAuthorizationServer } = settings;

  const unsuccessful = attempts.filter((one) => !one.ok);
  const attemptsForOperation = unsuccessful.filter(
    (one) => one.reason === reason && one.operation === operation.id,
  );
  if (attemptsForOperation.length >= limits.perOperation) fail('operation_limit');
  if (attempts.length >= limits.perResource) fail('resource_limit');

  const found = await discover(settings, challenge).catch((error: unknown) =>
    fail('discovery_failed', undefined, error),
  );
  const issuers = found?.metadata.authorization_servers ?? [];
  const advertised = found?.metadata.scopes_supported ?? [];
  // The ledger stores an issuer and the scopes, and the authorization server is asked for the scopes.
  if (holdsToken(token, [...issuers, ...advertised])) fail('discovery_failed');
  if (token && issuer !== undefined && issuers.length > 0 && !issuers.includes(issuer)) {
    const isApproved = await approveAuthorizationServer?.({ from: issuer, to: issuers });
    if (isApproved !== true) {
      const fact = `expected ${showUrl(issuer)}, found ${issuers.slice(0, 5).map(showUrl).join(' ')}`;
      fail('authorization_server_changed', undefined, undefined, fact);
    }
  }

  const stepUps = unsuccessful.filter((one) => one.reason === 'step-up');
  const failedScopes = unionScopes(...stepUps.map((one) => one.added)) ?? '';
  // If the token's scopes are unknown, also request those of step-ups that an earlier page may have finished.
  const pending = token?.scope === undefined ? failedScopes : '';
  const { scope = '', added } = stepUpScopes({
    requested: reason === 'login' ? undefined : unionScopes(requested, pending),
    granted: token?.scope,
    // Leave out scopes that other operations already failed to get.
    challenged: challenged.filter(
      (one) => scopes.includes(one) || !isScopeSuperset(failedScopes, one),
    ),
    // An expired token is renewed with the scopes that it had, so the scopes of the metadata are not added.
    advertised:
      reason === 'reauthenticate' && requested !== undefined
        ? undefined
        : advertised.filter((one) => allowedScopes?.includes(one) ?? true),
  });
  // A step-up must ask for a scope that the token lacks and no unsuccessful attempt asked for.
  const triedScopes = unionScopes(token?.scope, failedScopes) ?? '';
  if (reason === 'step-up' && isScopeSuperset(triedScopes, scopes.length > 0 ? scopes : added)) {
    fail('nothing_new', added.length > 0 ? added : undefined);
  }
  if (scope.length > MAX_SCOPE_LENGTH || parseScope(scope).length > limits.scopes) {
    fail('too_many_scopes', added);
  }
  const request: AuthorizationRequest = {
    reason,
    scope: scope || undefined,
    added,
    challenge,
    resource: found?.resource ?? settings.resource,
    metadata: found?.metadata,
    operation,
  };
  if (added.length > 0 && approveScopes && (await approveScopes(request)) !== true) {
    fail('not_approved', added);
  }
  return request;
}

async function discover(
  { discovery, resource, fetch }: Settings,
  challenge: BearerChallenge | undefined,
): Promise<DiscoveredResource | undefined> {
  if (discovery === false) return undefined;
  return typeof discovery === 'function'
    ? discovery(resource, { challenge, fetch })
    : discoverResource(resource, { ...discovery, challenge, fetch });
}
