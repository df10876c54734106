/** The table of cases, by group. @module */
export { BODIES, LABELS } from './bodies.js';
export {
  ADD,
  PURGE,
  READ,
  READER_SCOPES,
  WRITE,
  call,
  invalidToken,
  missing,
  missingWrite,
  rpcError,
  unauthorized,
} from './case.js';
export type { Allowed, Case, Ids, ProvingCase, Refused } from './case.js';
export {
  BAD_TOKENS,
  BARE_SCHEMES,
  CREDENTIALS,
  EMPTY_TOKENS,
  ILL_FORMED,
  JOINED,
} from './credentials.js';
export { MESSAGES, VERBS } from './messages.js';
export { FORGED_HOSTS, METADATA, NO_METADATA } from './metadata.js';
export type { MetadataCase } from './metadata.js';
export { REVISIONS, statelessCall, statelessHeaders } from './revisions.js';
export { SCOPES, missingForExport } from './scopes.js';
export { FOREIGN_ERRORS, SCOPE_ERRORS, THROWN_IN_MCP, ask } from './thrown.js';
export type { Thrown } from './thrown.js';
