/**
 * Maps scopes of the gate to those of the API, and back.
 *
 * @module
 */
import { InsufficientScopeError } from '../errors.js';
import { mapScopes } from '../gate/index.js';
import type { Gate } from '../gate/index.js';
import { expect } from '../options.js';
import type { Auth } from '../policy/index.js';
import { expectKnown, isScopeToken } from '../scope/index.js';
import type { UpstreamScopes } from './types.js';

export interface ScopeMapping {
  /**
   * Returns the API's scopes to ask for: those of the option `scope` and those to which the caller's scopes map.
   * If the call names scopes, only these are asked for.
   *
   * @throws {@link InsufficientScopeError} if the call names a scope that is not among them, or if there are none
   * although the option `scopes` maps some
   * @throws {@link TypeError} for a scope of the call that neither option names
   */
  toAsk(auth: Auth, scope: UpstreamScopes | undefined): readonly string[];
  /** Makes the error for scopes of the API that are missing, in the gate's own scopes. */
  missing(theirs: readonly string[], auth: Auth): InsufficientScopeError;
  /** Returns the gate's scope that maps to each scope of the API; `undefined` if none does. */
  readonly toGate: (theirs: readonly string[]) => readonly (string | undefined)[];
}

export interface ScopeMappingOptions {
  readonly gate: Gate;
  readonly scopes?: Readonly<Record<string, UpstreamScopes | undefined>> | undefined;
  readonly scope?: UpstreamScopes | undefined;
  readonly path: string;
  readonly report: (error: unknown) => void;
}

/** Checks the mapping. @throws {@link TypeError} naming a scope outside the catalogue, or an invalid scope */
export function createScopeMapping(options: ScopeMappingOptions): ScopeMapping {
  const { gate, path, report } = options;
  const always = options.scope === undefined ? [] : toList(options.scope, `${path}.scope`);
  const entries = Object.entries(options.scopes ?? {}).map(([ours, theirs]) => {
    const at = `${path}.scopes['${ours}']`;
    expectKnown(ours, at, gate.scopes);
    return [ours, toList(theirs, at)] as const;
  });
  // If several scopes of the gate map to a scope of the API, the caller is asked for the one that maps to fewest.
  const smallestFirst = entries.toSorted(([, one], [, other]) => one.length - other.length);
  const ours = new Map<string, string>();
  for (const [name, theirs] of smallestFirst) {
    for (const scope of theirs) if (!ours.has(scope)) ours.set(scope, name);
  }
  const toGate: ScopeMapping['toGate'] = (theirs) => theirs.map((scope) => ours.get(scope));
  const onUnmapped = (reason: string): void => report(new Error(`${path}.scopes: ${reason}`));
  const missing: ScopeMapping['missing'] = (theirs, auth) =>
    new InsufficientScopeError(mapScopes(theirs, auth, { gate, mapScopes: toGate, onUnmapped }));
  return {
    toGate,
    missing,
    toAsk(auth, scope) {
      const held = new Set(always);
      for (const [name, theirs] of entries) {
        if (auth.has(name)) for (const one of theirs) held.add(one);
      }
      if (scope === undefined) {
        // Without a `scope` parameter the server would choose, and might choose more than the user consented to.
        if (held.size === 0 && entries.length > 0) throw missing([], auth);
        return [...held];
      }
      const asked = toList(scope, 'scope');
      for (const one of asked) {
        expect(held.has(one) || ours.has(one), 'scope', `${one} is in no option of ${path}`);
      }
      if (!asked.every((one) => held.has(one))) {
        throw missing(
          asked.filter((one) => ours.has(one)),
          auth,
        );
      }
      return asked;
    },
  };
}

function toList(scopes: UpstreamScopes | undefined, path: string): readonly string[] {
  const list: unknown = typeof scopes === 'string' ? scopes.split(' ') : scopes;
  const isList = Array.isArray(list) && list.length > 0 && list.every((one) => isScopeToken(one));
  expect(isList, path, 'expected scopes of the API');
  return [...new Set(list as readonly string[])];
}
