/**
 * `@scopegate/core/engine`: what the packages of this project share with core. Unstable: it may change
 * in any release, and those packages depend on exactly their own version of core.
 *
 * @module @scopegate/core/engine
 */
export { internalsOf } from './gate/index.js';
export type { GateSettings } from './gate/index.js';
export { refusalBody } from './challenge/index.js';
export type { RefusalFacts } from './challenge/index.js';
export { metadataUrlsOf } from './metadata/index.js';
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
export { expectationsOf, isSameResource, verifyToken } from './token/index.js';
export type { CheckResult, Claims, VerifierExpectations, VerifyOutcome } from './token/index.js';
export { readOptions } from './options.js';
export type { NumberKind, Read } from './options.js';
export { isObject, ownMember, parseJson } from './values.js';
export { within } from './wait.js';
