/**
 * The access token that the application returns, with its scopes if they are known.
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
  /** Returns the token to send. Its scope is the application's, or else the remembered one. */
  read(): Promise<KnownToken | undefined>;
  /** Remembers the result of an authorization: RFC 6749 s5.1 lets a token response leave its scope out. */
  remember(token: KnownToken): void;
}

export function createTokens(source: StepUpFetchOptions['token']): Tokens {
  let known: KnownToken | undefined;
  return {
    async read() {
      const value = await source();
      if (value === undefined || value === null) return undefined;
      const accessToken = typeof value === 'string' ? value : memberText(value, 'accessToken');
      // An illegal header value is refused here, because the error of fetch would repeat it.
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

/** Whether the token has this value. */
export function isSameToken(
  token: ClientToken | undefined,
  accessToken: string | undefined,
): boolean {
  return token?.accessToken === accessToken;
}
