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
      const { scope, asked } = known?.accessToken === accessToken ? known : {};
      return { accessToken, scope: memberText(value, 'scope') ?? scope, asked };
    },
    remember(token) {
      known = token;
    },
  };
}

/**
 * Whether one of the texts, which come from the resource, contains the token. A token of fewer than 16
 * characters is not looked for, because it may be an ordinary word.
 */
export function holdsToken(
  token: ClientToken | undefined,
  texts: readonly (string | undefined)[],
): boolean {
  return (
    token !== undefined &&
    token.accessToken.length > 15 &&
    texts.join(' ').includes(token.accessToken)
  );
}

/** Returns a text for a message without the token. */
export function withoutToken(token: ClientToken | undefined, text: string): string {
  return token ? text.replaceAll(token.accessToken, '[token]') : text;
}
