/**
 * Checks the options of providers.
 *
 * @module
 */
import { checkKind, expect, unknownOption } from '../options.js';
import { checkAddress, checkName, readAddresses } from '../token/index.js';
import type { JwtVerifierOptions } from '../token/jwt/index.js';

/**
 * The options of `jwtVerifier` that every provider takes, too, except `google`. `jwks` replaces the keys that
 * the provider would fetch.
 */
export type CommonOptions = Pick<
  JwtVerifierOptions,
  | 'algorithms'
  | 'allowInsecureHosts'
  | 'allowInsecureLoopback'
  | 'cache'
  | 'clock'
  | 'clockTolerance'
  | 'exclusiveAudience'
  | 'fetch'
  | 'identify'
  | 'internalUrl'
  | 'jwks'
  | 'onWarning'
  | 'requiredClaims'
>;

const COMMON: ReadonlySet<string> = new Set<keyof CommonOptions>([
  ...(['algorithms', 'cache', 'clock', 'clockTolerance', 'exclusiveAudience'] as const),
  ...(['fetch', 'identify', 'onWarning', 'requiredClaims'] as const),
  ...(['allowInsecureHosts', 'allowInsecureLoopback', 'internalUrl', 'jwks'] as const),
]);

/**
 * Returns those options of a provider that are for `jwtVerifier`: the common ones and those in `passed`.
 *
 * @param own - the options that the provider reads itself
 * @throws {@link TypeError} for any other option
 */
export function verifierOptions<T extends CommonOptions, Passed extends keyof T = never>(
  provider: string,
  options: T,
  own: readonly Exclude<keyof T, keyof CommonOptions>[],
  passed: readonly Passed[] = [],
): CommonOptions & Pick<T, Passed> {
  const known = new Set<PropertyKey>([...COMMON, ...passed]);
  const ownNames = new Set<PropertyKey>(own);
  const taken = Object.entries(options).filter(([name]) => !ownNames.has(name));
  for (const [name] of taken) {
    const isKnown = known.has(name);
    expect(isKnown, `${provider}.${name}`, unknownOption(name, [...known, ...own].map(String)));
  }
  const present = taken.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as CommonOptions & Pick<T, Passed>;
}

/**
 * Returns the value.
 *
 * @throws {@link TypeError} unless the value is a boolean: a string such as `'false'` from the environment
 * is refused
 */
export function flag(path: string, value: boolean): boolean {
  checkKind(value, path, 'a boolean');
  return value;
}

/**
 * Returns the value.
 *
 * @throws {@link TypeError} unless the value is a text that matches `form`
 */
export function text(path: string, value: unknown, form: RegExp, expected: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  throw new TypeError(`${path}: expected ${expected}`);
}

/**
 * Returns a frozen copy of the list.
 *
 * @throws {@link TypeError} unless the value is a list of at least one text, and each text matches `form`
 */
export function texts(
  path: string,
  value: unknown,
  form: RegExp,
  expected: string,
): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new TypeError(`${path}: expected a list of at least one: ${expected}`);
  }
  return Object.freeze(value.map((one, index) => text(`${path}[${index}]`, one, form, expected)));
}

const HOST: RegExp = /^(?:http:\/\/)?[a-z0-9.-]+(?::\d+)?$/i;

/**
 * Returns the origin of a provider's domain. A stand-in for development may be given with its scheme,
 * `http://localhost:4000`.
 *
 * @throws {@link TypeError} unless the value is a host, and for `http://` with a host that the options do not
 * allow
 */
export function originOf(
  path: string,
  value: unknown,
  options: CommonOptions,
  expected: string,
): string {
  const domain = text(path, value, HOST, expected);
  const isInsecure = domain.startsWith('http://');
  return isInsecure ? issuerUrl(path, domain, options) : `https://${domain}`;
}

/**
 * Returns the URL of an issuer. The verifier checks it, too, but its error cannot name the provider's option.
 *
 * @throws {@link TypeError} unless the URL uses https, or http as the options allow. An http URL on loopback
 * needs no option if nothing is fetched from it.
 */
export function issuerUrl(path: string, url: string, options: CommonOptions): string {
  const isFetched = options.jwks === undefined && options.internalUrl === undefined;
  const addresses = readAddresses(options, path.replace(/\..*/, ''));
  (isFetched ? checkAddress : checkName)(url, path, addresses);
  return url;
}

export const ID: RegExp = /^[\w.:/-]+$/;
