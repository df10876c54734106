/**
 * Checks the option `identify`, by which an application says who acts.
 *
 * @module
 */
import { expect, readOptions } from '../options.js';
import { present } from '../values.js';
import type { Identify, Identity } from './types.js';

/**
 * Returns a function that calls the application's `identify` and checks its answer. It throws what
 * `identify` throws, and a {@link TypeError} if the answer is no identity.
 */
export function checkedIdentify(identify: Identify | undefined): Identify | undefined {
  return identify && ((claims) => checkIdentity(identify(claims)));
}

function checkIdentity(said: Identity | undefined): Identity | undefined {
  if (said === undefined) return undefined;
  const { then } = (said ?? NOTHING) as { readonly then?: unknown };
  // A promise has no own members and would be read as an empty identity.
  expect(typeof then !== 'function', 'identify', 'expected { subject?, kind? }, not a promise');
  return present(readOptions<Identity>(said, MEMBERS, 'identify'));
}

const NOTHING: Identity = Object.freeze({});

const MEMBERS: Parameters<typeof readOptions<Identity>>[1] = {
  subject: ['a string'],
  kind: [['user', 'client']],
};
