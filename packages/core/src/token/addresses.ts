/**
 * Decides from which URLs a verifier may fetch, and where an issuer is reached.
 *
 * @module
 */
import { checkUrl, isLoopback } from '../metadata/index.js';
import { expect } from '../options.js';
import { readNames } from './audience.js';
import type { AddressOptions } from './types.js';
import type { Verifier } from './verifier.js';

/** The checked options, with the functions that apply them. */
export interface Addresses {
  /** Whether metadata, keys and introspection responses may be fetched from the URL. */
  readonly allows: (url: URL) => boolean;
  /** The hosts of `allowInsecureHosts`, each as in a URL. */
  readonly hosts: ReadonlySet<string>;
}

type Given = { readonly [Name in keyof AddressOptions]: AddressOptions[Name] | undefined };

/**
 * Checks the options that allow `http`.
 *
 * @param path - the path of the options in messages
 * @throws {@link TypeError} naming the option
 */
export function readAddresses(options: Given, path: string): Addresses {
  const { allowInsecureLoopback = false, allowInsecureHosts = [] } = options;
  const at = `${path}.allowInsecureHosts`;
  const hosts = new Set(readNames(allowInsecureHosts, at));
  for (const host of hosts) {
    const url = `http://${host}`;
    const isHost = URL.canParse(url) && new URL(url).host === host;
    // Hosts are compared as URL parsers write them, so another spelling would never match.
    const form = 'keycloak:8080, or keycloak for port 80';
    expect(isHost, at, `${JSON.stringify(host)} is no host as in a URL: ${form}`);
  }
  return Object.freeze({
    hosts,
    allows: (url: URL) =>
      url.protocol === 'https:' ||
      (url.protocol === 'http:' &&
        (hosts.has(url.host) || (allowInsecureLoopback && isLoopback(url.hostname)))),
  });
}

/**
 * Checks a URL from which something is fetched, or the name of an issuer.
 *
 * @throws {@link TypeError} naming the option, and the option that would allow the URL
 */
export function checkAddress(value: unknown, path: string, { allows }: Addresses): URL {
  const url = checkUrl(value, path, isWeb);
  const { hostname, host, href } = url;
  const option = isLoopback(hostname)
    ? 'allowInsecureLoopback: true'
    : `allowInsecureHosts: ['${host}']`;
  expect(allows(url), path, `${href} must use https (inside a cluster, in development: ${option})`);
  return url;
}

/**
 * Checks the name of an issuer from which nothing is fetched, because other options say where its keys or its
 * endpoint are.
 *
 * @throws {@link TypeError} naming the option
 */
export function checkName(value: unknown, path: string, addresses: Addresses): URL {
  const url = checkUrl(value, path, isWeb);
  const option = `allowInsecureHosts: ['${url.host}']`;
  expect(mayBeNamed(url, addresses), path, `${url.href} must use https (or ${option})`);
  return url;
}

/** Whether an issuer may have this name. Naming a loopback address needs no option, since nothing is fetched. */
function mayBeNamed(url: URL, { allows }: Addresses): boolean {
  return allows(url) || (isWeb(url) && isLoopback(url.hostname));
}

function isWeb({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

/**
 * Reads the option `internalUrl`. The result is its origin; `undefined` if it is not set.
 *
 * @throws {@link TypeError} naming the option, also for a URL with a path or a query, since the path of the
 * issuer is used
 */
export function readInternalUrl(
  value: string | undefined,
  path: string,
  addresses: Addresses,
): string | undefined {
  if (value === undefined) return undefined;
  const { origin, pathname, search } = checkAddress(value, path, addresses);
  const isOrigin = pathname === '/' && search === '';
  expect(isOrigin, path, `expected an origin such as ${origin}; it takes the paths of the issuer`);
  return origin;
}

/**
 * Returns the URL to fetch instead of a URL of an issuer: for one at the issuer's origin, the same path and
 * query at `internalOrigin`. Any other URL is returned unchanged, and so is each without `internalOrigin`.
 */
export function reach(url: string, issuer: string, internalOrigin: string | undefined): string {
  const { origin, href } = new URL(url);
  // A URL with user information does not begin with its origin. It is refused later.
  const isOfIssuer = origin === new URL(issuer).origin && href.startsWith(`${origin}/`);
  return isOfIssuer && internalOrigin !== undefined
    ? internalOrigin + href.slice(origin.length)
    : url;
}

/** Where an authorization server is reached. */
export interface ServerAddress {
  readonly addresses: Addresses;
  /** The origin at which the issuer is reached, if it differs from that of the issuer's URL. */
  readonly internalOrigin: string | undefined;
  /** The endpoint as it is reached; `undefined` if the metadata of the issuer names it. */
  readonly endpoint: string | undefined;
}

export interface ServerAddressOptions extends Given {
  readonly issuer: string | undefined;
  /** The endpoint as it was configured. */
  readonly endpoint: string | undefined;
  /** The name of the option that has the endpoint. */
  readonly endpointName: string;
}

/**
 * Checks the options that say where the endpoint of an authorization server is reached.
 *
 * @param path - the path of the options in messages
 * @throws {@link TypeError} naming the option
 */
export function readServerAddress(options: ServerAddressOptions, path: string): ServerAddress {
  const { issuer, endpoint, endpointName, internalUrl } = options;
  const addresses = readAddresses(options, path);
  const at = `${path}.internalUrl`;
  const internalOrigin = readInternalUrl(internalUrl, at, addresses);
  // With `internalUrl`, nothing is fetched from the issuer's own origin.
  const checkIssuer = internalOrigin === undefined ? checkAddress : checkName;
  if (issuer !== undefined) checkIssuer(issuer, `${path}.issuer`, addresses);
  // `internalUrl` replaces the origin of the issuer, so it needs one.
  const isAbout = internalOrigin === undefined || issuer !== undefined;
  expect(isAbout, at, `needs issuer; without it, write the origin in ${endpointName}`);
  const isUrl = typeof endpoint === 'string' && URL.canParse(endpoint) && issuer !== undefined;
  const reached = isUrl ? reach(endpoint, issuer, internalOrigin) : endpoint;
  if (reached !== undefined) checkAddress(reached, `${path}.${endpointName}`, addresses);
  return { addresses, internalOrigin, endpoint: reached };
}

/** Returns a member that lets a gate name the same `http` issuers in its metadata as the verifier accepts. */
export function allowedIssuers(addresses: Addresses): Pick<Verifier, 'allowsIssuer'> {
  if (addresses.hosts.size === 0) return {};
  return { allowsIssuer: (issuer) => mayBeNamed(issuer, addresses) };
}
