/**
 * The protected resource metadata document, RFC 9728 s2.
 *
 * @module
 */
import { isScopeToken } from '../scope/index.js';
import { checkResource, checkUrl } from './resource-url.js';

/** The document, with its members spelt as on the wire. Further members are extensions. */
export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported?: readonly ('header' | 'body' | 'query')[];
  readonly jwks_uri?: string;
  readonly resource_signing_alg_values_supported?: readonly string[];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
  readonly resource_policy_uri?: string;
  readonly resource_tos_uri?: string;
  readonly tls_client_certificate_bound_access_tokens?: boolean;
  readonly authorization_details_types_supported?: readonly string[];
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly dpop_bound_access_tokens_required?: boolean;
  readonly signed_metadata?: string;
  readonly [extension: string]: unknown;
}

/** A text for people, or one per language tag (RFC 9728 s2.1); the key `''` is the untagged one. */
export type HumanReadable = string | Readonly<Record<string, string>>;

export interface ProtectedResourceMetadataOptions {
  /** The resource identifier, verbatim. */
  readonly resource: string;
  /** Issuer identifiers, the one to use first. MCP asks for at least one. */
  readonly authorizationServers?: readonly string[];
  /** Keep it to what basic use needs: several clients request all of it. */
  readonly scopesSupported?: readonly string[];
  /** @default ['header'] */
  readonly bearerMethodsSupported?: readonly ('header' | 'body' | 'query')[];
  readonly jwksUri?: string;
  readonly resourceSigningAlgValuesSupported?: readonly string[];
  readonly resourceName?: HumanReadable;
  readonly resourceDocumentation?: HumanReadable;
  readonly resourcePolicyUri?: HumanReadable;
  readonly resourceTosUri?: HumanReadable;
  readonly tlsClientCertificateBoundAccessTokens?: boolean;
  readonly authorizationDetailsTypesSupported?: readonly string[];
  readonly dpopSigningAlgValuesSupported?: readonly string[];
  readonly dpopBoundAccessTokensRequired?: boolean;
  /** Further members, wire-shaped. They cannot replace a member of RFC 9728 s2. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * Builds the metadata document: validated, frozen, without empty lists, nulls, `false` flags or
 * empty strings (RFC 9728 s3.2 leaves zero values out).
 *
 * Checks URLs, scope tokens and the types of all members. Does not check that an authorization
 * server exists, nor that it issues these scopes.
 *
 * @throws {@link TypeError} naming the option
 * @group Metadata
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-2 RFC 9728 s2}
 */
export function protectedResourceMetadata(
  options: ProtectedResourceMetadataOptions,
): ProtectedResourceMetadata {
  checkResource(options.resource, 'resource');
  const document = Object.create(null) as Record<string, unknown>;
  document['resource'] = options.resource;
  for (const [option, [member, read]] of MEMBERS) {
    const value = options[option] ?? DEFAULTS[option];
    if (value === undefined) continue;
    for (const [suffix, part] of read(value, option)) {
      if (!isZero(part)) document[member + suffix] = part;
    }
  }
  for (const [member, value] of Object.entries(options.extensions ?? {})) {
    if (isRegistered(member)) {
      throw new TypeError(
        `extensions.${member}: is a member of RFC 9728, with an option of its own`,
      );
    }
    const copy = jsonCopy(value, `extensions.${member}`);
    // `false` may be news there: only what RFC 9728 knows has a default that it would repeat.
    if (copy === false || !isZero(copy)) document[member] = copy;
  }
  return deepFreeze(structuredClone(document)) as ProtectedResourceMetadata;
}

/** The option names that {@link protectedResourceMetadata} knows. */
export function isMetadataOption(name: string): boolean {
  return name === 'resource' || name === 'extensions' || MEMBERS.has(name as OptionName);
}

type OptionName = Exclude<keyof ProtectedResourceMetadataOptions, 'resource' | 'extensions'>;
/** A member's value, or several under suffixes of its name (`#de`). */
type Read = (value: unknown, path: string) => Iterable<readonly [suffix: string, value: unknown]>;

const DEFAULTS: Partial<Record<OptionName, unknown>> = { bearerMethodsSupported: ['header'] };

const MEMBERS: ReadonlyMap<OptionName, readonly [member: string, read: Read]> = new Map<
  OptionName,
  readonly [string, Read]
>([
  ['authorizationServers', ['authorization_servers', listOf(checkIssuer)]],
  ['scopesSupported', ['scopes_supported', listOf(checkScope)]],
  ['bearerMethodsSupported', ['bearer_methods_supported', listOf(checkBearerMethod)]],
  ['jwksUri', ['jwks_uri', one(checkUrl)]],
  [
    'resourceSigningAlgValuesSupported',
    ['resource_signing_alg_values_supported', listOf(checkAlgorithm)],
  ],
  ['resourceName', ['resource_name', humanReadable(checkText)]],
  ['resourceDocumentation', ['resource_documentation', humanReadable(checkPage)]],
  ['resourcePolicyUri', ['resource_policy_uri', humanReadable(checkPage)]],
  ['resourceTosUri', ['resource_tos_uri', humanReadable(checkPage)]],
  [
    'tlsClientCertificateBoundAccessTokens',
    ['tls_client_certificate_bound_access_tokens', one(checkFlag)],
  ],
  [
    'authorizationDetailsTypesSupported',
    ['authorization_details_types_supported', listOf(checkText)],
  ],
  ['dpopSigningAlgValuesSupported', ['dpop_signing_alg_values_supported', listOf(checkAlgorithm)]],
  ['dpopBoundAccessTokensRequired', ['dpop_bound_access_tokens_required', one(checkFlag)]],
]);

function isRegistered(member: string): boolean {
  const plain = member.split('#', 1)[0];
  if (plain === 'resource' || plain === 'signed_metadata') return true;
  return [...MEMBERS.values()].some(([registered]) => registered === plain);
}

type Check = (value: unknown, path: string) => unknown;

function one(check: Check): Read {
  return (value, path) => {
    check(value, path);
    return [['', value]];
  };
}

function listOf(check: Check): Read {
  return (value, path) => {
    if (!Array.isArray(value)) throw new TypeError(`${path}: expected a list`);
    for (const [index, element] of value.entries()) check(element, `${path}[${index}]`);
    return [['', value]];
  };
}

/** RFC 9728 s2.1: `name` or `name#tag`. */
function humanReadable(check: Check): Read {
  return (value, path) => {
    if (typeof value !== 'object' || value === null) {
      check(value, path);
      return [['', value]];
    }
    return Object.entries(value).map(([tag, text]) => {
      if (tag !== '' && !/^[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(tag)) {
        throw new TypeError(`${path}: ${JSON.stringify(tag)} is not a language tag (BCP 47)`);
      }
      check(text, `${path}['${tag}']`);
      return [tag === '' ? '' : `#${tag}`, text] as const;
    });
  };
}

/** RFC 8414 s2: an issuer has neither query nor fragment. */
function checkIssuer(value: unknown, path: string): void {
  if (checkUrl(value, path).search !== '') {
    throw new TypeError(`${path}: an issuer identifier must not have a query`);
  }
}

function checkScope(value: unknown, path: string): void {
  if (!isScopeToken(value)) {
    throw new TypeError(`${path}: ${JSON.stringify(value)} is not a scope token`);
  }
  if (value === 'offline_access') {
    throw new TypeError(`${path}: offline_access is not a scope of a resource`);
  }
}

function checkBearerMethod(value: unknown, path: string): void {
  if (value !== 'header' && value !== 'body' && value !== 'query') {
    throw new TypeError(`${path}: expected 'header', 'body' or 'query'`);
  }
}

/** RFC 9728 s2: `none` must not be used. */
function checkAlgorithm(value: unknown, path: string): void {
  checkText(value, path);
  if (value === 'none') throw new TypeError(`${path}: 'none' is not an algorithm to advertise`);
}

function checkText(value: unknown, path: string): void {
  if (typeof value !== 'string') throw new TypeError(`${path}: expected a string`);
}

/** A page for people; unlike `resource`, it may carry a fragment. */
function checkPage(value: unknown, path: string): void {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value)) {
    throw new TypeError(`${path}: ${JSON.stringify(value)} is not a web address`);
  }
}

function checkFlag(value: unknown, path: string): void {
  if (typeof value !== 'boolean') throw new TypeError(`${path}: expected true or false`);
}

function isZero(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** As it will be written; what JSON cannot say must not surprise the first reader. */
function jsonCopy(value: unknown, path: string): unknown {
  if (value === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new TypeError(`${path}: cannot be written as JSON`, { cause: error });
  }
  if (text === undefined) throw new TypeError(`${path}: cannot be written as JSON`);
  return JSON.parse(text);
}

function deepFreeze(value: object): object {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
