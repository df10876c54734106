/** What handlers throw, which the testkit has. @module */
export {
  FOREIGN_ERRORS,
  SCOPE_ERRORS,
  THROWN_IN_MCP,
  ask,
} from '../../../adapter-testkit/src/cases/index.js';
