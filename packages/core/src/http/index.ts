/** Exports the parsers, serializers and header functions that other folders may use. @module */
export type { CharacterClass } from './characters.js';
export { DESCRIPTION, SCOPE, TOKEN, consistsOf, skip, trimWhitespace } from './characters.js';
export { parseAuthorization } from './parse-authorization.js';
export type {
  Authorization,
  AuthorizationProblemCode,
  ParseAuthorizationOptions,
} from './parse-authorization.js';
export { isUsableChallenge } from './challenge.js';
export type { Challenge, ChallengeProblem, ChallengeProblemCode } from './challenge.js';
export { parseChallenges } from './parse-challenges.js';
export type { ParseChallengesOptions } from './parse-challenges.js';
export { serializeChallenge } from './serialize-challenge.js';
export type { SerializableChallenge } from './serialize-challenge.js';
export { CONTENT_HEADERS, isListHeader, mergeHeader } from './merge-header.js';
export { requestedNames } from './requested-names.js';
export { toResponse } from './to-response.js';
export { pathOf, withoutOrigin } from './target.js';
