/**
 * What an authorization is to ask for, and every reason not to ask.
 *
 * @module
 */
import { isScopeSuperset, parseScope, unionScopes } from '@scopegate/core';
import type { BearerChallenge } from './bearer-challenge.js';
import { discoverResource } from './discover-resource.js';
import type { DiscoveredResource } from './discover-resource.js';
import type { Entry } from './ledger.js';
import type { Settings } from './options.js';
import type { Refusal } from './refusal.js';
import { stepUpScopes } from './scopes.js';
import type { AuthorizationRequest } from './types.js';

const MAX_SCOPE_LENGTH = 4096;

/**
 * Makes the request for one authorization, from what the ledger knows.
 *
 * @param challenged - the scopes of the refusal and of all others that wait
 * @throws {@link StepUpError} if it must not be made
 */
export async function planAuthorization(
  settings: Settings,
  { attempts, requested, issuer }: Entry,
  refusal: Refusal,
  challenged: readonly string[],
): Promise<AuthorizationRequest> {
  const { reason, operation, challenge, token, scopes, fail } = refusal;
  const { limits, allowedScopes, approveScopes, approveAuthorizationServer } = settings;

  const open = attempts.filter(({ ok }) => !ok);
  const mine = open.filter((one) => one.reason === reason && one.operation === operation.id);
  if (mine.length >= limits.perOperation) fail('operation_limit');
  if (attempts.length >= limits.perResource) fail('resource_limit');

  const found = await discover(settings, challenge).catch((error: unknown) =>
    fail('discovery_failed', undefined, error),
  );
  const issuers = found?.metadata.authorization_servers ?? [];
  if (token && issuer !== undefined && issuers.length > 0 && !issuers.includes(issuer)) {
    const isApproved = await approveAuthorizationServer?.({ from: issuer, to: issuers });
    if (isApproved !== true) fail('authorization_server_changed');
  }

  const vain = open.filter((one) => one.reason === 'step-up').map(({ added }) => added);
  const inVain = unionScopes(...vain) ?? '';
  // What an earlier page asked for counts as requested, as long as nobody knows what it got.
  const pending = token?.scope === undefined ? inVain : '';
  const advertised = found?.metadata.scopes_supported ?? [];
  const { scope = '', added } = stepUpScopes({
    requested: reason === 'login' ? undefined : unionScopes(requested, pending),
    granted: token?.scope,
    // What others wait for in vain must not spoil this.
    challenged: challenged.filter((one) => scopes.includes(one) || !isScopeSuperset(inVain, one)),
    // A list of all there is: not for a token that only ran out.
    advertised:
      reason === 'reauthenticate' && requested !== undefined
        ? undefined
        : advertised.filter((one) => allowedScopes?.includes(one) ?? true),
  });
  // Each step-up asks for something that the token lacks and no open one has asked for.
  const vainly = unionScopes(token?.scope, inVain) ?? '';
  if (reason === 'step-up' && isScopeSuperset(vainly, scopes.length > 0 ? scopes : added)) {
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
