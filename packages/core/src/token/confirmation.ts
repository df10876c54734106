/**
 * Compares the key or certificate to which a token is bound with what the sender of the request proved.
 *
 * @module
 */
import { isObject, ownMember } from '../values.js';

/** What the sender of a request holds, to compare with the `cnf` of its token. */
export interface Confirmation {
  /** Whether a token with this `cnf` may be used by the sender. */
  confirms(cnf: unknown): boolean;
}

/** The keys and certificates that the sender of a request holds. */
export interface ProvenKeys {
  /** The members that the token's `cnf` must have. */
  readonly required: readonly string[];
  /** Returns the value that a member of `cnf` must have; `undefined` if the sender did not prove one. */
  valueOf(member: string): string | undefined;
}

/**
 * Makes a confirmation. Each member of `cnf` must be proven. RFC 7800 s3.1 ignores members that are not
 * understood; this is stricter, so that a token with such a member, or with an empty `cnf`, does not count as
 * unbound.
 */
export function confirmationBy(keys: ProvenKeys): Confirmation {
  return {
    confirms(cnf) {
      if (cnf === undefined) return keys.required.length === 0;
      if (!isObject(cnf)) return false;
      const members = Object.keys(cnf);
      return (
        members.length > 0 &&
        keys.required.every((member) => members.includes(member)) &&
        members.every((member) => {
          const proven = keys.valueOf(member);
          return proven !== undefined && ownMember(cnf, member) === proven;
        })
      );
    },
  };
}
