/**
 * Builds the protected resource metadata document, RFC 9728 s2.
 *
 * @module
 */
import { checkKind, expect, wireName } from '../options.js';
import { checkScope } from '../scope/index.js';
import { freeze, isObject, ownMember } from '../values.js';
import { checkUrl } from './resource-url.js';

/** The metadata document. Its members have the names of RFC 9728; all other members are extensions. */
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

/**
 * A text for people, or an object with one text for each language tag (RFC 9728 s2.1). The key `''` is for
 * the text without a tag.
 */
export type HumanReadable = string | Readonly<Record<string, string>>;

export interface ProtectedResourceMetadataOptions {
  /** The resource identifier. The document contains it unchanged. */
  readonly resource: string;
  /** Issuer identifiers of the authorization servers, the preferred one first. MCP requires at least one. */
  readonly authorizationServers?: readonly string[];
  /** List only the scopes that basic use needs, because several clients request all of them. */
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
  /**
   * Further members of the document, with their names in the document. The name of a member of RFC 9728 s2 is
   * refused.
   */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * Builds the metadata document and freezes it. Members that are empty lists, `null` or empty strings are left
 * out (RFC 9728 s3.2 requires this for members without a value).
 *
 * It checks URLs, scope tokens and the types of all members of RFC 9728. It does not check that an
 * authorization server exists, nor that it issues these scopes.
 *
 * @example
 * ```ts
 * const document = protectedResourceMetadata({
 *   resource: 'https://notes.example.com/mcp',
 *   authorizationServers: ['https://idp.example.com'],
 *   scopesSupported: ['notes:read'],
 * });
 * ```
 * @param isAllowed - decides about the scheme and host of `authorizationServers` and `jwksUri`, by default
 * https, or http on loopback
 * @throws {@link TypeError} naming the option
 * @group Metadata
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-2 RFC 9728 s2}
 */
export function protectedResourceMetadata(
  options: ProtectedResourceMetadataOptions,
  isAllowed?: (url: URL) => boolean,
): ProtectedResourceMetadata {
  checkUrl(options.resource, 'resource');
  const document = Object.create(null) as Record<string, unknown>;
  const set = (member: string, value: unknown): void => {
    if (!isZero(value)) document[member] = value;
  };
  set('resource', options.resource);
  for (const [option, check] of Object.entries(MEMBERS) as [Member, Check][]) {
    const value = ownMember(options, option) ?? ownMember(DEFAULTS, option);
    if (value === undefined) continue;
    check(value, option, isAllowed);
    const member = wireName(option);
    if (!isByLanguage(value)) set(member, value);
    else for (const [tag, text] of Object.entries(value)) set(member + (tag && `#${tag}`), text);
  }
  const registered = ['resource', 'signedMetadata', ...Object.keys(MEMBERS)].map(wireName);
  for (const [member, value] of Object.entries(ownMember(options, 'extensions') ?? {})) {
    const path = `extensions.${member}`;
    const isNew = !registered.includes(member.replace(/#.*/s, ''));
    expect(isNew, path, 'is a member of RFC 9728, with an option of its own');
    if (value !== undefined) set(member, jsonCopy(value, path));
  }
  return freeze(structuredClone(document)) as ProtectedResourceMetadata;
}

/** Returns the names of the options of {@link protectedResourceMetadata}. */
export function metadataOptions(): readonly string[] {
  return ['resource', 'extensions', ...Object.keys(MEMBERS)];
}

type Member = Exclude<keyof ProtectedResourceMetadataOptions, 'resource' | 'extensions'>;
type Check = (value: unknown, path: string, isAllowed?: (url: URL) => boolean) => unknown;

const DEFAULTS: Partial<Record<Member, unknown>> = { bearerMethodsSupported: ['header'] };

/** The function that checks each option. The order is that of the members in the document. */
const MEMBERS: Readonly<Record<Member, Check>> = {
  authorizationServers: listOf(checkIssuer),
  scopesSupported: listOf(checkScope),
  bearerMethodsSupported: listOf(checkBearerMethod),
  jwksUri: checkUrl,
  resourceSigningAlgValuesSupported: listOf(checkAlgorithm),
  resourceName: byLanguage(checkText),
  resourceDocumentation: byLanguage(checkPage),
  resourcePolicyUri: byLanguage(checkPage),
  resourceTosUri: byLanguage(checkPage),
  tlsClientCertificateBoundAccessTokens: checkFlag,
  authorizationDetailsTypesSupported: listOf(checkText),
  dpopSigningAlgValuesSupported: listOf(checkAlgorithm),
  dpopBoundAccessTokensRequired: checkFlag,
};

function listOf(check: Check): Check {
  return (value, path, isAllowed) => {
    checkKind(value, path, 'a list');
    for (const [index, element] of (value as unknown[]).entries())
      check(element, `${path}[${index}]`, isAllowed);
  };
}

/**
 * Makes a check for a text that may also be given as an object with one text for each language tag. The
 * document has such texts as the members `name` and `name#tag` (RFC 9728 s2.1).
 */
function byLanguage(check: Check): Check {
  return (value, path) => {
    if (!isByLanguage(value)) return void check(value, path);
    for (const [tag, text] of Object.entries(value)) {
      const isTag = /^(?:[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*)?$/.test(tag);
      expect(isTag, path, `${JSON.stringify(tag)} is not a language tag (BCP 47)`);
      check(text, `${path}['${tag}']`);
    }
  };
}

function isByLanguage(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value);
}

/** Checks an issuer identifier, which has neither query nor fragment (RFC 8414 s2). */
function checkIssuer(value: unknown, path: string, isAllowed?: (url: URL) => boolean): void {
  const { search } = checkUrl(value, path, isAllowed);
  expect(search === '', path, `${String(value)} must not have a query`);
}

function checkBearerMethod(value: unknown, path: string): void {
  const isKnown = value === 'header' || value === 'body' || value === 'query';
  expect(isKnown, path, "expected 'header', 'body' or 'query'");
}

/** Checks the name of a signing algorithm, which must not be `none` (RFC 9728 s2, RFC 9449 s4.2). */
function checkAlgorithm(value: unknown, path: string): void {
  checkText(value, path);
  expect(value !== 'none', path, "'none' is not an algorithm to advertise");
}

function checkText(value: unknown, path: string): void {
  checkKind(value, path, 'a string');
}

function checkFlag(value: unknown, path: string): void {
  checkKind(value, path, 'a boolean');
}

/** Checks the URL of a page for people. Unlike `resource`, it may use http and have a fragment. */
function checkPage(value: unknown, path: string): void {
  const isPage = typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value);
  expect(isPage, path, `${JSON.stringify(value)} is not a web address`);
}

function isZero(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/**
 * Returns the value after a conversion to JSON and back, so that a value that `JSON.stringify` cannot write (a
 * function, a cycle) is an error at construction. Parts that it changes, such as `NaN`, are not found.
 */
function jsonCopy(value: unknown, path: string): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch (cause) {
    throw new TypeError(`${path}: cannot be written as JSON`, { cause });
  }
}
