/**
 * What an authorization is to ask for, and every reason not to ask.
 *
 * @module
 */
import { isScopeSuperset, parseScope, unionScopes } from '../scope/index.js';
import { discoverResource } from './discover-resource.js';
import type { DiscoveredResource } from './discover-resource.js';
import { StepUpError } from './errors.js';
import type { StepUpErrorCode } from './errors.js';
import type { Entry } from './ledger.js';
import type { AuthorizationRequest, Settings } from './options.js';
import type { Refusal } from './refusal.js';
import { stepUpScopes } from './scopes.js';

const MAX_SCOPE_LENGTH = 4096;

/**
 * Makes the request for one authorization, from what the ledger knows.
 *
 * @param challenged - the scopes of the refusal and of all others that wait
 * @throws {@link StepUpError} if it must not be made
 */
export async function planAuthorization(
  settings: Settings,
  entry: Entry,
  refusal: Refusal,
  challenged: readonly string[],
): Promise<AuthorizationRequest> {
  const { reason, operation, challenge, token } = refusal;
  const { limits, allowedScopes, approveScopes } = settings;
  const refuse = (code: StepUpErrorCode, scopes = challenged, cause?: unknown): never => {
    throw new StepUpError(code, operation, scopes, cause);
  };

  const open = entry.attempts.filter(({ ok }) => ok !== true);
  const mine = open.filter((attempt) => attempt.operation === attemptName(refusal));
  if (mine.length >= limits.perOperation) refuse('operation_limit');
  if (entry.attempts.length >= limits.perResource) refuse('resource_limit');

  const found = await discover(settings, refusal).catch((error: unknown) =>
    refuse('discovery_failed', challenged, error),
  );
  const issuers = found?.metadata.authorization_servers ?? [];
  const { issuer } = entry;
  if (token && issuer !== undefined && issuers.length > 0 && !issuers.includes(issuer)) {
    const change = { from: issuer, to: issuers };
    if ((await settings.approveAuthorizationServer?.(change)) !== true) {
      refuse('authorization_server_changed');
    }
  }

  const vain = open.filter((attempt) => attempt.operation.startsWith('step-up'));
  const inVain = unionScopes(...vain.map((attempt) => attempt.added)) ?? '';
  // What an earlier page asked for counts as requested, as long as nobody knows what it got.
  const pending = token?.scope === undefined ? inVain : '';
  const own = challenge?.scopes ?? [];
  const advertised = found?.metadata.scopes_supported ?? [];
  const { scope = '', added } = stepUpScopes({
    requested: reason === 'login' ? undefined : unionScopes(entry.requested, pending),
    granted: token?.scope,
    // What others wait for in vain must not spoil this.
    challenged: challenged.filter((one) => own.includes(one) || !isScopeSuperset(inVain, one)),
    // A list of all there is: not for a token that only ran out.
    advertised:
      reason === 'reauthenticate' && entry.requested !== undefined
        ? undefined
        : advertised.filter((one) => allowedScopes?.includes(one) ?? true),
  });
  // Each step-up asks for something that the token lacks and no open one has asked for.
  const vainly = unionScopes(token?.scope, inVain) ?? '';
  if (reason === 'step-up' && isScopeSuperset(vainly, own.length > 0 ? own : added)) {
    refuse('nothing_new', added.length > 0 ? added : challenged);
  }
  if (scope.length > MAX_SCOPE_LENGTH || parseScope(scope).length > limits.scopes) {
    refuse('too_many_scopes', added);
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
    refuse('not_approved', added);
  }
  return request;
}

/** Logins and step-ups of an operation are counted apart. */
export function attemptName({ reason, operation }: Pick<Refusal, 'reason' | 'operation'>): string {
  return `${reason} ${operation.id}`;
}

async function discover(
  { discovery, resource, fetch }: Settings,
  { challenge }: Refusal,
): Promise<DiscoveredResource | undefined> {
  if (discovery === false) return undefined;
  return typeof discovery === 'function'
    ? discovery(resource, { challenge, fetch })
    : discoverResource(resource, { ...discovery, challenge, fetch });
}
