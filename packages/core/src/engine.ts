/**
 * `@scopegate/core/engine`: functions of core that only the packages of this project use. They may change in
 * any release, so each of those packages depends on core of exactly its own version.
 *
 * @module @scopegate/core/engine
 */
export { scopesOfChallenge } from './challenge/index.js';
export { internalsOf, mapScopes } from './gate/index.js';
export type { GateSettings, UpstreamCredential } from './gate/index.js';
export { metadataUrlsOf, parseUrl } from './metadata/index.js';
export { compileRule, describeRule, foldRule, hidesSeparator } from './policy/index.js';
export type { CompiledRule, RuleCases, RuleWords } from './policy/index.js';
export { fetchJson } from './fetch-json.js';
export type { FetchProblem } from './fetch-json.js';
export { inspectToken, shareTokens } from './token/index.js';
export type {
  CheckResult,
  Claims,
  OriginOperation,
  OwnedIdMint,
  ReplayAnswer,
  ReplayStore,
  SharedTokens,
  TokenCache,
  TokenInspection,
  VerifierExpectations,
  VerifyOutcome,
} from './token/index.js';
export { readOptions } from './options.js';
export type { NumberKind, Read } from './options.js';
export { hasRepeatedMember, ownMember, parseJson } from './values.js';
export { within } from './wait.js';
