/**
 * Serves a Web `fetch` handler on a socket; an error that it throws is answered with a status.
 *
 * @module
 */
import { serveFetch } from '@scopegate/adapter-testkit';
import { statusOf } from './shape.js';
import type { Started } from './shape.js';

export async function startFetch(
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<Started> {
  const { url, close } = await serveFetch(async (request) => {
    try {
      return await fetch(request);
    } catch (error) {
      return new Response(null, { status: statusOf(error) });
    }
  });
  return { origin: url, close };
}
