/**
 * `@scopegate/core/engine`: what the packages of this project share with core. Unstable: it may change
 * in any release, and those packages depend on exactly their own version of core.
 *
 * @module @scopegate/core/engine
 */
export { internalsOf, mapScopes } from './gate/index.js';
export type { GateSettings } from './gate/index.js';
export { refusalBody, scopesOfChallenge, splitScopes } from './challenge/index.js';
export type { RefusalFacts } from './challenge/index.js';
export { isAbove, metadataUrlsOf, parseUrl } from './metadata/index.js';
export {
  compileRule,
  describeRule,
  evaluateCompiled,
  foldRule,
  hidesSeparator,
} from './policy/index.js';
export type { CompiledRule, RuleCases } from './policy/index.js';
export { fetchJson } from './fetch-json.js';
export type { FetchError, FetchJsonOptions, FetchProblem } from './fetch-json.js';
export { readBytes } from './read-bytes.js';
export { toScopeSet } from './scope/index.js';
export { expectationsOf, isSameResource, verifyToken } from './token/index.js';
export type { CheckResult, Claims, VerifierExpectations, VerifyOutcome } from './token/index.js';
export { BYTES, MILLISECONDS, checkKind, expect, readOptions } from './options.js';
export type { NumberKind, Read } from './options.js';
export { hasRepeatedMember, isObject, own, ownText, parseJson } from './values.js';
export { TimeoutError, within } from './wait.js';
