/**
 * Reads the actors of a token: the parties that act for its subject (RFC 8693 s4.1).
 *
 * @module
 */
import type { Actor } from '../policy/index.js';
import { ownMember, ownText } from '../values.js';
import { isOptionalText } from './registered-claims.js';

/** Maximum number of actors. A longer chain makes the token invalid, and so does a cycle. */
const MAX_ACTORS = 8;

/**
 * Returns the actors of the claim `act`, the current one first: the outermost `act` is the current actor, and
 * each `act` inside it is an earlier one (RFC 8693 s4.1). The list is empty without `act`. Returns `undefined`
 * if an actor is not an object with the string `sub` and, if present, the string `iss`, or if there are more
 * than 8.
 *
 * Only own members are read, and `exp`, `nbf` and `aud` mean nothing inside of `act` (RFC 8693 s4.1).
 */
export function readActors(act: unknown): readonly Actor[] | undefined {
  const actors: Actor[] = [];
  for (let one: unknown = act; one !== undefined; one = ownMember(one, 'act')) {
    const subject = ownText(one, 'sub');
    const issuer = ownMember(one, 'iss');
    if (subject === undefined || !isOptionalText(issuer) || actors.length === MAX_ACTORS) {
      return undefined;
    }
    // `issuer` is an own member even if it is `undefined`, so that a polluted prototype cannot name one.
    actors.push(Object.freeze({ subject, issuer }) as Actor);
  }
  return Object.freeze(actors);
}
