/**
 * Who acts, where the token itself does not say it.
 *
 * @module
 */
import { expect, readOptions } from '../options.js';
import { present } from '../values.js';
import type { Claims } from './read-token.js';
import type { ActorKind } from './verifier.js';

/** What an application knows of a token's holder. */
export interface Identity {
  /**
   * Identifies the user or client for good at this issuer: never an e-mail address or a display name,
   * which pass to other people.
   */
  readonly subject?: string | undefined;
  /** @default `subject` beside the client says it: the same is a client, another is a user */
  readonly kind?: ActorKind | undefined;
}

/**
 * Says who acts, from verified claims, for tokens that do not say it in `sub` and `client_id`. What it
 * leaves out stays as the token has it. A throw, or anything but an {@link Identity}, is a 503 and
 * told to `onError`: nobody knows then who acts.
 */
export type Identify = (claims: Claims) => Identity | undefined;

/**
 * Checks what the application says each time it is asked; only what it says is a member. It throws
 * what `identify` throws, and a {@link TypeError} if that returns no identity.
 */
export function checkedIdentify(identify: Identify | undefined): Identify | undefined {
  return identify && ((claims) => checkIdentity(identify(claims)));
}

function checkIdentity(said: Identity | undefined): Identity | undefined {
  if (said === undefined) return undefined;
  const { then } = (said ?? NOTHING) as { readonly then?: unknown };
  // A promise has no members of its own: it would say nothing, in silence.
  expect(typeof then !== 'function', 'identify', 'expected { subject?, kind? }, not a promise');
  return present(readOptions<Identity>(said, MEMBERS, 'identify'));
}

const NOTHING: Identity = Object.freeze({});

const MEMBERS: Parameters<typeof readOptions<Identity>>[1] = {
  subject: ['a string'],
  kind: [['user', 'client']],
};
