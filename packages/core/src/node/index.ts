/**
 * `@scopegate/core/node`: what bindings for Node's request and response have in common.
 *
 * @module @scopegate/core/node
 */
export { authenticateUpgrade } from './authenticate-upgrade.js';
export { fromNodeRequest } from './gate-request.js';
export type { NodeRequestView, ParsedRequest } from './gate-request.js';
export { handOn } from './hand-on.js';
export type { GuardedRequest } from './hand-on.js';
export { createStages, refusalOf, refuseThrown } from './stages.js';
export type { Judge, Stage } from './stages.js';
export { swapRefusal } from './swap-refusal.js';
export { dropContent, setHeaders, writeReply } from './write-reply.js';
