/**
 * The access token as the application hands it over, and what is known of its scopes.
 *
 * @module
 */
import { ownText } from '@scopegate/core/engine';
import type { ClientToken, StepUpFetchOptions } from './options.js';

export interface Tokens {
  /** The token to send now. Its scope is what the application says, else what was remembered. */
  read(): Promise<ClientToken | undefined>;
  /** Notes what an authorization gave: RFC 6749 s5.1 lets a token response leave it out. */
  remember(token: ClientToken, scope: string | undefined): void;
}

export function createTokens(source: StepUpFetchOptions['token']): Tokens {
  let known: ClientToken | undefined;
  return {
    async read() {
      const value = await source();
      if (value === undefined || value === null) return undefined;
      const accessToken = typeof value === 'string' ? value : ownText(value, 'accessToken');
      // What no header can carry is not handed to fetch, whose error would repeat it.
      if (accessToken === undefined || !/^[!-~]+$/.test(accessToken)) {
        throw new TypeError('token: expected an access token, or nothing');
      }
      const remembered = isSame(known, accessToken) ? known?.scope : undefined;
      return { accessToken, scope: ownText(value, 'scope') ?? remembered };
    },
    remember({ accessToken }, scope) {
      known = { accessToken, scope };
    },
  };
}

/** Whether it is this token. */
export function isSame(token: ClientToken | undefined, accessToken: string | undefined): boolean {
  return token?.accessToken === accessToken;
}
