/**
 * The `metadata` option of a gate.
 *
 * @module
 */
import { isMetadataOption } from '../metadata/index.js';
import type {
  ProtectedResourceMetadata,
  ProtectedResourceMetadataOptions,
} from '../metadata/index.js';
import { checkKind, expect } from '../options.js';
import { knownScopes } from '../scope/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import { ownMember } from '../values.js';

/** The members of the metadata document besides the resource and its authorization servers. */
export interface GateMetadataOptions<S extends string = string> extends Omit<
  ProtectedResourceMetadataOptions,
  'resource' | 'authorizationServers' | 'scopesSupported'
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
  }
  const path = 'metadata.scopesSupported';
  // By default, list only the scopes of a first login, since several clients request every scope that is
  // listed.
  const scopes = ownMember(metadata, 'scopesSupported') ?? initialScopes;
  checkKind(scopes, path, 'a list');
  return { ...metadata, scopesSupported: knownScopes(scopes as string[], path, catalogue) };
}
