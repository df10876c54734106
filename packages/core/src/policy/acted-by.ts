/**
 * Makes rules about delegation: which party may act for the subject of a token (RFC 8693 s4.1).
 *
 * @module
 */
import { expect } from '../options.js';
import { ownMember, ownText, present } from '../values.js';
import { authenticated, where } from './rule.js';
import type { Actor, Predicate, Rule, Where } from './types.js';

/**
 * Restricts a rule (default: any valid token) to tokens with which one of the named parties acts for the
 * subject. Only the current actor counts: earlier actors are history and never a ground for access (RFC 8693
 * s4.1). The subject's own scopes are required as before, so that an actor never widens what a token may do.
 *
 * An actor by its name alone is an actor of the token's own issuer, and matches no actor if that issuer is not
 * known. Give `{ subject, issuer }` for an actor of another issuer.
 *
 * A token without an actor is denied, although some authorization servers issue tokens without `act` at an
 * exchange. `may_act` is for the authorization server and grants nothing here (RFC 8693 s4.4).
 *
 * @param actors - one actor or several, any one of which is enough
 * @throws {@link TypeError} without an actor, or for a value that is no actor
 * @example
 * ```ts
 * const policy = httpPolicy([
 *   { method: 'POST', path: '/reports', rule: actedBy('reports-agent', 'reports:write') },
 * ]);
 * ```
 * @group Rules
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-4.1 RFC 8693 s4.1}
 */
export function actedBy<const S extends string = never>(
  actors: string | Actor | readonly (string | Actor)[],
  needed?: Rule<S>,
): Where<S> {
  const list = (Array.isArray(actors) ? actors : [actors]) as readonly (string | Actor)[];
  expect(
    list.length > 0,
    'actedBy',
    'expected at least one actor; without any, use notDelegated()',
  );
  const known = list.map((one, index) => toActor(one, `actedBy[${index}]`));
  const holds: Predicate<S> = ({ auth }) => {
    const [current] = auth.actors;
    return (
      current !== undefined &&
      known.some(({ subject, issuer = auth.issuer }) => {
        // An actor without `iss` belongs to the issuer of the token.
        const { issuer: theirs = auth.issuer } = current;
        return current.subject === subject && issuer !== undefined && theirs === issuer;
      })
    );
  };
  const names = known.map(({ subject }) => subject).join(' or ');
  return where(holds, needed ?? authenticated(), `if acted by ${names}`);
}

/**
 * Restricts a rule (default: any valid token) to tokens that name no actor, so that nobody is known to act for
 * the subject.
 *
 * It does not prove that the subject acts itself: at an exchange without an actor token, an authorization
 * server may issue a token that does not show it (impersonation, RFC 8693 s1.1).
 *
 * @example
 * ```ts
 * app.delete('/account', protect(gate, notDelegated('account:delete')), deleteAccount);
 * ```
 * @group Rules
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693#section-1.1 RFC 8693 s1.1}
 */
export function notDelegated<const S extends string = never>(needed?: Rule<S>): Where<S> {
  return where(namesNoActor, needed ?? authenticated(), 'if not delegated');
}

/** A constant, so that two `notDelegated` rules with the same parts are the same rule. */
const namesNoActor: Predicate = ({ auth }) => auth.actors.length === 0;

function toActor(given: string | Actor, path: string): Actor {
  const subject = typeof given === 'string' ? given : ownText(given, 'subject');
  const issuer = ownMember(given, 'issuer');
  const isActor = subject !== undefined && subject !== '';
  expect(isActor, path, 'expected a non-empty string or { subject, issuer }');
  expect(issuer === undefined || typeof issuer === 'string', `${path}.issuer`, 'expected a string');
  return present({ subject, issuer }) as Actor;
}
