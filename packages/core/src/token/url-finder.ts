/**
 * Finds a URL of an authorization server once, and tries again after a failure.
 *
 * @module
 */
import { discoverUrl } from './discover.js';
import type { DiscoverOptions } from './discover.js';

/**
 * Minimum number of seconds between the start of a failed discovery and the next one, so that a flood of tokens
 * does not become a flood of requests.
 */
const RETRY_AFTER = 10;

export interface UrlFinderOptions extends DiscoverOptions {
  /** The issuer, whose metadata names the URL. It may be absent only if the URL is configured. */
  readonly issuer: string | undefined;
  /** Returns the time in seconds since the epoch. */
  readonly now: () => number;
}

/** Returns a function that finds the configured URL, or the one in `member` of the issuer's metadata. */
export function urlFinder(
  member: string,
  configured: string | undefined,
  options: UrlFinderOptions,
): () => Promise<string> {
  if (configured !== undefined) return async () => configured;
  const { issuer, now } = options;
  let found: Promise<string> | undefined;
  let failed = false;
  let triedAt = 0;
  return async () => {
    const time = now();
    // `Math.abs`, so that a clock that was set back does not keep the failure.
    if (found === undefined || (failed && Math.abs(time - triedAt) >= RETRY_AFTER)) {
      failed = false;
      triedAt = time;
      found = discoverUrl(issuer as string, member, options);
      found.catch(() => (failed = true));
    }
    return found;
  };
}
