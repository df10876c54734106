/**
 * Options of the local authorization server.
 *
 * @module
 */
export interface AuthorizationServerOptions {
  /** The only resource that tokens are for (RFC 8707). */
  readonly resource: string;
  readonly scopes: readonly string[];
  /** The port of `localhost`; 0 takes a free one. */
  readonly port: number;
}
