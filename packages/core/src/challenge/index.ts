/** Exports the parts of challenges and refusal bodies that other folders may use. @module */
export {
  bearerChallenge,
  bearerParameters,
  toDescription,
  writeBearer,
} from './bearer-challenge.js';
export type { BearerChallengeOptions } from './bearer-challenge.js';
export { jsonRpcRefusalBodies, refusalBody } from './refusal-body.js';
export type { JsonRpcId, RefusalFacts } from './refusal-body.js';
export { scopesOfChallenge } from './scopes-of-challenge.js';
