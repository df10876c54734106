/**
 * The `metadata` option of a gate.
 *
 * @module
 */
import { metadataOptions } from '../metadata/index.js';
import type {
  ProtectedResourceMetadata,
  ProtectedResourceMetadataOptions,
} from '../metadata/index.js';
import { checkKind, expect, unknownOption } from '../options.js';
import { knownScopes } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { ownMember } from '../values.js';

/** The members of the metadata document besides the resource and its authorization servers. */
export interface GateMetadataOptions<S extends string = string> extends Omit<
  ProtectedResourceMetadataOptions,
  | 'resource'
  | 'authorizationServers'
  | 'scopesSupported'
  | 'dpopSigningAlgValuesSupported'
  | 'dpopBoundAccessTokensRequired'
  | 'tlsClientCertificateBoundAccessTokens'
> {
  /**
   * Scopes of the catalogue, published by the names that clients ask for. Several clients ask for all of
   * them.
   *
   * @default initialScopes
   */
  readonly scopesSupported?: readonly S[];
}

/** The claims of signed metadata: the members of the document, and who attests to them (RFC 9728 s2.2). */
export interface MetadataClaims extends ProtectedResourceMetadata {
  /** The resource itself. Sign another `iss` if another party attests to the claims. */
  readonly iss: string;
}

/** Checks names and scopes, and adds the default scopes; building the document checks the other values. */
export function checkMetadata(
  metadata: GateMetadataOptions,
  initialScopes: readonly string[],
  catalogue: ScopeCatalogue,
): GateMetadataOptions {
  // The gate has options of its own for these two.
  const ownOptions = ['resource', 'authorizationServers'];
  const known = metadataOptions().filter((name) => !ownOptions.includes(name));
  for (const name of Object.keys(metadata)) {
    // Clients choose the kind of their tokens by these members, so the gate sets them itself.
    const isBinding = /^(?:dpop|tls)/.test(name);
    expect(!isBinding, `metadata.${name}`, 'comes from the options dpop and mtls');
    expect(known.includes(name), `metadata.${name}`, unknownOption(name, known));
  }
  const path = 'metadata.scopesSupported';
  // By default, list only the scopes of a first login, since several clients request every scope that is
  // listed.
  const scopes = ownMember(metadata, 'scopesSupported') ?? initialScopes;
  checkKind(scopes, path, 'a list');
  return { ...metadata, scopesSupported: knownScopes(scopes as string[], path, catalogue) };
}
