/**
 * `@scopegate/core`: gates, policies, verifiers and the functions that they use. This entry point imports no
 * other package and needs only Web APIs.
 *
 * @module @scopegate/core
 */
export {
  AuthError,
  HeaderSyntaxError,
  InsufficientScopeError,
  InvalidTokenError,
} from './errors.js';
export type { AuthErrorCode, InsufficientScopeErrorOptions, Problem } from './errors.js';
export type { BodyLimits, GateRequest, HeaderList, ReceivedBody, Reply } from './types.js';

export { parseAuthorization, parseChallenges, serializeChallenge } from './http/index.js';
export type {
  Authorization,
  AuthorizationProblemCode,
  Challenge,
  ChallengeProblem,
  ChallengeProblemCode,
  ParseAuthorizationOptions,
  ParseChallengesOptions,
  SerializableChallenge,
} from './http/index.js';

export {
  defineScopes,
  isScopeSuperset,
  isScopeToken,
  parseScope,
  scopesFromClaims,
  serializeScope,
  unionScopes,
} from './scope/index.js';
export type { ScopeCatalogue, ScopeEntry, ScopesFromClaimsOptions } from './scope/index.js';

export { bearerChallenge } from './challenge/index.js';
export type { BearerChallengeOptions, JsonRpcId } from './challenge/index.js';

export {
  protectedResourceMetadata,
  protectedResourceMetadataUrl,
  validateResourceMetadata,
} from './metadata/index.js';
export type {
  HumanReadable,
  ProtectedResourceMetadata,
  ProtectedResourceMetadataOptions,
  ResourceMetadataProblem,
  ResourceMetadataProblemCode,
  ResourceMetadataVerdict,
  ValidateResourceMetadataOptions,
} from './metadata/index.js';

export {
  actedBy,
  allOf,
  anyOf,
  authenticated,
  clientsOnly,
  deny,
  evaluate,
  httpPolicy,
  notDelegated,
  publicAccess,
  recentLogin,
  rule,
  usersOnly,
  where,
} from './policy/index.js';
export type {
  Actor,
  Auth,
  Evaluation,
  HttpRoute,
  LoginRequirement,
  Operation,
  Policy,
  PolicyDefault,
  PolicyEntry,
  Predicate,
  Rule,
  RuleContext,
  RuleFunction,
} from './policy/index.js';

export { byTokenForm, fromSdkVerifier, staticTokens } from './token/index.js';
export type {
  ActorKind,
  ByTokenFormOptions,
  FromSdkVerifierOptions,
  Identify,
  Identity,
  RefusalDetail,
  RevocableToken,
  Revocation,
  Revocations,
  SdkAuthInfo,
  SdkTokenVerifier,
  StaticToken,
  StaticTokensOptions,
  TokenProblem,
  VerifiedToken,
  Verifier,
  VerifierContext,
} from './token/index.js';

export { createGate, insufficientScope, relayChallenge, toSdkVerifier } from './gate/index.js';
export type {
  ChallengeScopes,
  CorsOptions,
  ErrorContext,
  Gate,
  GateMetadataOptions,
  MetadataClaims,
  GateOptions,
  InsufficientScopeOptions,
  RelayChallengeOptions,
  Provider,
  ProviderHint,
  Route,
  TokenFrom,
  TokenView,
  SdkErrors,
} from './gate/index.js';

export type {
  Allowed,
  Decision,
  Reason,
  Refusal,
  RefusalChallenge,
  RefusalStatus,
} from './decision.js';
export type { FetchContext, FetchHandler } from './web/index.js';

export { reportOnly } from './observe/index.js';
export type {
  DecisionEvent,
  Enforcement,
  GateWarning,
  Outcome,
  ReportedOperations,
  ReportOptions,
  ReportWarning,
  RequiredScopes,
  SeenOperation,
} from './observe/index.js';
