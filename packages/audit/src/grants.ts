/**
 * The columns of a scope map: the scopes of each given token.
 *
 * @module
 */
import { isScopeToken, serializeScope } from '@scopegate/core';
import type { ScopeCatalogue } from '@scopegate/core';
import type { Grant } from './types.js';

export interface GrantedScopes {
  readonly name: string;
  readonly scopes: ReadonlySet<string> | null;
}

/**
 * Reads the option `grants`. It may name scopes that the catalogue does not have, as tokens may.
 *
 * @throws {@link TypeError} naming the column, or the option
 */
export function toGrants(
  grants: Readonly<Record<string, Grant>> | undefined,
  catalogue: ScopeCatalogue,
): readonly GrantedScopes[] {
  if (grants === undefined) {
    const alone = catalogue.names.map((name) => ({ name, scopes: new Set([name]) }));
    return [{ name: 'no token', scopes: null }, ...alone];
  }
  if (typeof grants !== 'object' || grants === null) {
    throw new TypeError('grants: expected a record');
  }
  return Object.entries(grants).map(([name, grant]) => {
    if (name === '') throw new TypeError('grants: a column needs a name');
    const scopes = grant === undefined ? null : toSet(grant, `grants[${JSON.stringify(name)}]`);
    return { name, scopes };
  });
}

function toSet(grant: NonNullable<Grant>, path: string): ReadonlySet<string> {
  if (typeof grant === 'string') {
    try {
      return new Set(serializeScope(grant).split(' ').filter(isScopeToken));
    } catch (cause) {
      throw new TypeError(`${path}: expected scopes with one space between`, { cause });
    }
  }
  const list: unknown =
    typeof grant === 'object' && grant !== null && Object.hasOwn(grant, 'scopes')
      ? (grant as { readonly scopes: unknown }).scopes
      : grant;
  if (!Array.isArray(list) || !list.every(isScopeToken)) {
    throw new TypeError(`${path}: expected a scope value, a list of scopes, or undefined`);
  }
  return new Set<string>(list);
}
