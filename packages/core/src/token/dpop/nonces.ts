/**
 * Makes and checks nonces without storing them: a nonce is a time and its MAC (RFC 9449 s9).
 *
 * @module
 */
import { createMac } from '../index.js';

export interface Nonces {
  /** Returns a nonce for a time in seconds since the epoch. */
  issue(now: number): string | Promise<string>;
  /**
   * Checks a nonce. `fresh` and `aging` nonces are accepted; a client whose nonce is aging gets a new one,
   * so that its next request need not be refused.
   */
  check(nonce: unknown, now: number): NonceAge | Promise<NonceAge>;
}

export type NonceAge = 'fresh' | 'aging' | 'unusable';

/** @param resource - the gate's resource: nonces of other resources are not accepted */
export function createNonces(
  resource: string,
  { keys, lifetime }: { readonly keys: readonly Uint8Array[]; readonly lifetime: number },
): Nonces {
  const macs = keys.map((key) => {
    const mac = createMac(key);
    return {
      sign: (time: string) => mac.sign(textOf(time, resource)),
      verify: (time: string, given: string) => mac.verify(textOf(time, resource), given),
    };
  });
  const [first] = macs;
  if (first === undefined) throw new TypeError('dpop.nonce.keys: expected at least one secret');
  /** The nonce that was made last; it serves for one second. */
  let latest: { readonly time: string; readonly nonce: string | Promise<string> } | undefined;

  const make = (time: string): string | Promise<string> => {
    const mac = first.sign(time);
    return typeof mac === 'string' ? `${time}.${mac}` : mac.then((text) => `${time}.${text}`);
  };

  const ageOf = (time: string, now: number): NonceAge => {
    const age = now - Number.parseInt(time, 36);
    // An instance whose clock is ahead may have made the nonce.
    if (age > lifetime || age < -MAX_AHEAD) return 'unusable';
    return age > lifetime / 2 ? 'aging' : 'fresh';
  };

  return {
    issue(now) {
      const time = Math.floor(now).toString(36);
      if (latest?.time !== time) latest = { time, nonce: make(time) };
      return latest.nonce;
    },
    check(nonce, now) {
      const [, time, given] = (typeof nonce === 'string' && FORM.exec(nonce)) || [];
      if (time === undefined || given === undefined) return 'unusable';
      const age = ageOf(time, now);
      if (age === 'unusable') return age;
      // Compare with every key, so that the time does not reveal which one matched.
      const matches = macs.map((mac) => mac.verify(time, given));
      const decide = (all: readonly boolean[]): NonceAge => (all.includes(true) ? age : 'unusable');
      return matches.every((one) => typeof one === 'boolean')
        ? decide(matches)
        : Promise.all(matches.map(async (one) => one)).then(decide);
    },
  };
}

/** Returns the text under the MAC. It names its use, so that a MAC for another use of the key does not fit. */
function textOf(time: string, resource: string): string {
  return `scopegate dpop nonce\n${time}\n${resource}`;
}

/**
 * Matches a time in base 36 and a MAC of 32 bytes in canonical base64url. A nonce may have all of these
 * characters (RFC 9449 s8.1).
 */
const FORM = /^([\da-z]{1,8})\.([\w-]{42}[AEIMQUYcgkosw048])$/;

/** Seconds by which the clocks of two instances may differ. */
const MAX_AHEAD = 60;
