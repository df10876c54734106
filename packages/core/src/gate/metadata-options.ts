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
import { own } from '../values.js';

/** What the metadata document says besides resource and authorization servers. */
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

/** Checks the names of the options and the scopes; the document checks the rest. */
export function checkMetadata(
  metadata: GateMetadataOptions,
  initialScopes: readonly string[],
  catalogue: ScopeCatalogue,
): GateMetadataOptions {
  for (const name of Object.keys(metadata)) {
    const isOwn = name !== 'resource' && name !== 'authorizationServers' && isMetadataOption(name);
    expect(isOwn, `metadata.${name}`, 'unknown option');
  }
  const path = 'metadata.scopesSupported';
  // What a first login should ask for, and no more: several clients request all of it.
  const scopes = own(metadata, 'scopesSupported') ?? initialScopes;
  checkKind(scopes, path, 'a list');
  return { ...metadata, scopesSupported: knownScopes(scopes as string[], path, catalogue) };
}
