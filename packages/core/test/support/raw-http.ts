/** HTTP/1.1 over a bare socket, which the testkit has. @module */
export { Connection, exchange } from '../../../adapter-testkit/src/wire/raw-http.js';
export type {
  Received as Answer,
  WireRequest,
} from '../../../adapter-testkit/src/wire/raw-http.js';
