/** The table of cases, by group. @module */
export { BODIES, LABELS } from './bodies.js';
export { READ, call, lacking } from './case.js';
export type { Allowed, Case, Parser, Refused } from './case.js';
export { BAD_TOKENS, CREDENTIALS, EMPTY_TOKENS } from './credentials.js';
export { MESSAGES, VERBS } from './messages.js';
export { FORGED_HOSTS, METADATA, NO_METADATA } from './metadata.js';
export type { MetadataCase } from './metadata.js';
export { REVISIONS, SCOPES, lacksExport, statelessCall, statelessHeaders } from './scopes.js';
