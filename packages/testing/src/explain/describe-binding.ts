/**
 * Describes the check of a token's binding at a gate that accepts bound tokens.
 *
 * @module
 */
import { ownMember } from '@scopegate/core/engine';
import type { GateSettings } from '@scopegate/core/engine';
import { show } from './show.js';
import type { TokenCheck } from './types.js';

/** What a gate with `dpop` or `mtls` accepts, if the request proves what the token is bound to. */
export interface BindingRules {
  /** Whether the gate can accept a token with this `cnf` claim, if the request proves what it names. */
  readonly confirms: (cnf: unknown) => boolean;
  readonly describe: (cnf: unknown) => TokenCheck;
}

/** Returns the rules of a gate; `undefined` for one that refuses every bound token. */
export function bindingRulesOf({
  dpop,
  mtls,
}: Pick<GateSettings, 'dpop' | 'mtls'>): BindingRules | undefined {
  if (dpop === undefined && mtls === undefined) return undefined;
  const proofs = new Map<string, string>();
  if (dpop !== undefined) proofs.set('jkt', 'a DPoP proof by its key, under the scheme DPoP');
  if (mtls !== undefined) proofs.set('x5t#S256', 'its client certificate');
  const required = [
    ...(dpop?.required === true ? ['jkt'] : []),
    ...(mtls?.required === true ? ['x5t#S256'] : []),
  ];
  const confirms = (cnf: unknown): boolean => {
    if (cnf === undefined) return required.length === 0;
    const members = membersOf(cnf);
    return (
      members.length > 0 &&
      required.every((name) => members.includes(name)) &&
      members.every((name) => proofs.has(name) && typeof ownMember(cnf, name) === 'string')
    );
  };
  return {
    confirms,
    describe(cnf) {
      const members = membersOf(cnf);
      const ok = confirms(cnf);
      const needs = members.map((name) => proofs.get(name) ?? `nothing known for ${show([name])}`);
      const found = cnf === undefined ? 'none' : `bound by ${show(members)}`;
      return {
        ...{ check: 'cnf', ok },
        expected:
          required.length > 0
            ? `bound by ${show(required)}`
            : `bound by ${show([...proofs.keys()])}, or not bound`,
        found:
          ok && members.length > 0 ? `${found}: each request needs ${needs.join(' and ')}` : found,
        ...(!ok && {
          setting:
            cnf === undefined
              ? 'let the client get a bound token (DPoP, or a client certificate), or leave `required` of dpop() or mtls() out'
              : 'have the authorization server bind tokens by a key (jkt) or certificate that this gate checks: dpop(), mtls()',
        }),
      };
    },
  };
}

function membersOf(cnf: unknown): readonly string[] {
  return cnf === undefined ? [] : Object.keys(Object(cnf) as object);
}
