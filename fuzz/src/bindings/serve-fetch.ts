/**
 * A Web `fetch` handler behind a socket, with the requests counted that no `Request` can be.
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
