/**
 * Finds the smallest request that still causes a finding.
 *
 * @module
 */
import type { FuzzRequest } from './send.js';

const MAX_ATTEMPTS = 600;

export async function shrink(
  request: FuzzRequest,
  stillDoesIt: (candidate: FuzzRequest) => Promise<boolean>,
): Promise<FuzzRequest> {
  let best = request;
  let attempts = 0;
  const attempt = async (candidate: FuzzRequest): Promise<boolean> => {
    if (attempts++ >= MAX_ATTEMPTS || !(await stillDoesIt(candidate))) return false;
    best = candidate;
    return true;
  };
  for (const line of request.headers) {
    await attempt({ ...best, headers: best.headers.filter((one) => one !== line) });
  }
  await attempt(textual(best));
  if (typeof best.body === 'string') {
    await shorten(best.body, (body) => attempt({ ...best, body }));
  }
  await shorten(best.target, (target) =>
    target.startsWith('/') ? attempt({ ...best, target }) : Promise.resolve(false),
  );
  if (best.method !== 'POST') await attempt({ ...best, method: 'POST' });
  return best;
}

/** Chunks and other codings away: a text can be read. */
function textual(request: FuzzRequest): FuzzRequest {
  if (typeof request.body !== 'object') return request;
  const text = Buffer.from(request.body.base64, 'base64').toString('utf8');
  const isChunked = request.headers.some(([name]) => name === 'Transfer-Encoding');
  const body = isChunked ? text.replaceAll(/(?:^|\r\n)[\da-f]+\r\n|\r\n$/g, '') : text;
  return {
    ...request,
    headers: request.headers.filter(([name]) => name !== 'Transfer-Encoding'),
    body,
  };
}

/** Takes away pieces, half of it at first, then smaller ones. */
async function shorten(
  text: string,
  attempt: (candidate: string) => Promise<boolean>,
): Promise<void> {
  let best = text;
  for (let size = Math.ceil(text.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length;) {
      const candidate = best.slice(0, at) + best.slice(at + size);
      if (await attempt(candidate)) best = candidate;
      else at += size;
    }
  }
}
