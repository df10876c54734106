/**
 * The access token as the application hands it over, and what is known of its scopes.
 *
 * @module
 */
import { memberText } from './member-text.js';
import type { StepUpFetchOptions } from './options.js';
import type { ClientToken } from './types.js';

/** A token, and what the authorization that it came from asked for, if that was ours. */
export interface KnownToken extends ClientToken {
  readonly asked?: string | undefined;
}

export interface Tokens {
  /** The token to send now. Its scope is what the application says, else what was remembered. */
  read(): Promise<KnownToken | undefined>;
  /** Notes what an authorization gave: RFC 6749 s5.1 lets a token response leave its scope out. */
  remember(token: KnownToken): void;
}

export function createTokens(source: StepUpFetchOptions['token']): Tokens {
  let known: KnownToken | undefined;
  return {
    async read() {
      const value = await source();
      if (value === undefined || value === null) return undefined;
      const accessToken = typeof value === 'string' ? value : memberText(value, 'accessToken');
      // What no header can carry is not handed to fetch, whose error would repeat it.
      if (accessToken === undefined || !/^[!-~]+$/.test(accessToken)) {
        throw new TypeError('token: expected an access token, or nothing');
      }
      const { scope, asked } = isSame(known, accessToken) && known ? known : {};
      return { accessToken, scope: memberText(value, 'scope') ?? scope, asked };
    },
    remember(token) {
      known = token;
    },
  };
}

/** Whether it is this token. */
export function isSame(token: ClientToken | undefined, accessToken: string | undefined): boolean {
  return token?.accessToken === accessToken;
}
