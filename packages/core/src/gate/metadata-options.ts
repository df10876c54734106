/**
 * The `metadata` option of a gate.
 *
 * @module
 */
import { isMetadataOption } from '../metadata/index.js';
import type { ProtectedResourceMetadataOptions } from '../metadata/index.js';
import { checkKind, expect } from '../options.js';
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

/** Checks option names and scopes; building the document checks the other values. */
export function checkMetadata(
  metadata: GateMetadataOptions,
  initialScopes: readonly string[],
  catalogue: ScopeCatalogue,
): GateMetadataOptions {
  for (const name of Object.keys(metadata)) {
    const isKnown =
      name !== 'resource' && name !== 'authorizationServers' && isMetadataOption(name);
    expect(isKnown, `metadata.${name}`, 'unknown option');
    // Clients choose the kind of their tokens by these members, so the gate says itself what it does.
    const isBinding = /^(?:dpop|tls)/.test(name);
    expect(!isBinding, `metadata.${name}`, 'comes from the options dpop and mtls');
  }
  const path = 'metadata.scopesSupported';
  // By default, list only the scopes of a first login, since several clients request every scope that is
  // listed.
  const scopes = ownMember(metadata, 'scopesSupported') ?? initialScopes;
  checkKind(scopes, path, 'a list');
  return { ...metadata, scopesSupported: knownScopes(scopes as string[], path, catalogue) };
}
