/**
 * A login that the resource requires (RFC 9470): more recent, or of another class.
 *
 * @module
 */
import type { BearerChallenge } from '@scopegate/client';

/**
 * The parameters for the authorization request that a challenge asks for; `undefined` if it asks for no login. A
 * refresh would change nothing: it leaves the login as it was (RFC 9470 s4).
 */
export function requiredLogin(
  challenge: BearerChallenge | undefined,
): Readonly<Record<string, string>> | undefined {
  if (challenge?.error !== 'insufficient_user_authentication') return undefined;
  const names = ['acr_values', 'max_age'];
  return Object.fromEntries([...challenge.params].filter(([name]) => names.includes(name)));
}

/**
 * The provider of an MCP client whose browser is sent to the authorization URL with these parameters, which the
 * `auth` of the MCP SDKs cannot be given.
 */
export function withParameters<
  P extends { redirectToAuthorization(url: URL): void | Promise<void> },
>(provider: P, parameters: Readonly<Record<string, string>>): P {
  return new Proxy(provider, {
    get(target, name) {
      if (name === 'redirectToAuthorization') {
        return (url: URL) => {
          for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
          return target.redirectToAuthorization(url);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
