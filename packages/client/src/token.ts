/**
 * Reads the access token of the application, and remembers its scopes if they are known.
 *
 * @module
 */
import { memberText } from './member-text.js';
import type { StepUpFetchOptions } from './options.js';
import type { ClientToken } from './types.js';

/** A token, and the scopes that this client's last authorization asked for, if the token came from it. */
export interface KnownToken extends ClientToken {
  readonly asked?: string | undefined;
}

export interface Tokens {
  /** Returns the token to send. Its scope is the one from the application, or else the remembered one. */
  read(): Promise<KnownToken | undefined>;
  /** Remembers the scope of a new token, because a token response may leave it out (RFC 6749 s5.1). */
  remember(token: KnownToken): void;
}

export function createTokens(source: StepUpFetchOptions['token']): Tokens {
  let known: KnownToken | undefined;
  return {
    async read() {
      const value = await source();
      if (value === undefined || value === null) return undefined;
      const accessToken = typeof value === 'string' ? value : memberText(value, 'accessToken');
      // An illegal header value is refused here, because the error of `fetch` would contain the token.
      if (accessToken === undefined || !/^[!-~]+$/.test(accessToken)) {
        throw new TypeError('token: expected an access token, or nothing');
      }
      const { scope, asked } = isSameToken(known, accessToken) && known ? known : {};
      return { accessToken, scope: memberText(value, 'scope') ?? scope, asked };
    },
    remember(token) {
      known = token;
    },
  };
}

/** Whether the token has this value, or there is neither a token nor a value. */
export function isSameToken(
  token: ClientToken | undefined,
  accessToken: string | undefined,
): boolean {
  return token?.accessToken === accessToken;
}
