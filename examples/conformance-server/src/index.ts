/** What the example of conformance-client shares with this one. @module */
export { alignColumns } from './align-columns.js';
export { SUITE, conformance } from './suite.js';
export type { Check, Result, Run } from './suite.js';
