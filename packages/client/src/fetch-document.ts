/**
 * Fetches the metadata document of a resource.
 *
 * @module
 */
import { fetchJson } from '@scopegate/core/engine';
import type { FetchProblem } from '@scopegate/core/engine';
import type { DiscoverySettings } from './discovery-options.js';
import { DiscoveryError } from './errors.js';

/** Statuses that mean that there is no document at the URL. With any other status, there may be one. */
const NO_DOCUMENT_STATUSES: readonly (number | undefined)[] = [400, 401, 403, 404, 405, 406, 410];

/** The members of the error of `fetchJson` that are used here. */
interface FetchFailure {
  readonly problem: FetchProblem;
  readonly status: number | undefined;
  readonly message: string;
}

/**
 * Returns the parsed document, or `undefined` if the status of the answer means that there is none.
 *
 * @throws {@link DiscoveryError} if the fetch fails in another way
 */
export async function fetchDocument(
  url: string,
  { fetch, maxBytes, timeout }: DiscoverySettings,
): Promise<unknown> {
  try {
    return await fetchJson(url, { fetch, maxBytes, timeout, strict: true });
  } catch (error) {
    const { problem, status, message } = error as FetchFailure;
    if (problem === 'bad_status' && NO_DOCUMENT_STATUSES.includes(status)) return undefined;
    // The message begins with the URL, which the error names already.
    throw new DiscoveryError(problem, url, error, message.replace(/^\S+ /, ''));
  }
}
