/**
 * Sends requests to a resource under test. If the resource throws, the result says so: nothing is thrown.
 *
 * @module
 */
import { parseChallenges } from '@scopegate/core';
import type { Challenge } from '@scopegate/core';
import { within } from '@scopegate/core/engine';

/** A handler, or the URL of a running server. */
export type Target = string | ((request: Request) => Response | Promise<Response>);

export interface Sent {
  readonly method?: string;
  /** Path and query. @default the operation's */
  readonly path?: string;
  /** These replace the operation's headers; `null` removes one. Names are in lower case, as in the operation. */
  readonly headers?: Readonly<Record<Lowercase<string>, string | null>>;
  readonly body?: string | null;
  readonly token?: string;
}

/** An answer. `status` is 0 if there was none. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  /** The beginning of the body, about 256 KiB at most; empty for an event stream. */
  readonly text: string;
  /** The value of `WWW-Authenticate`, also if a gateway renamed the header; empty if there is none. */
  readonly challengeValue: string;
  /** The name under which a gateway sends `WWW-Authenticate`; `undefined` if it is not renamed. */
  readonly renamed: string | undefined;
  readonly challenges: readonly Challenge[];
  /**
   * The one Bearer challenge, or the one of DPoP where no Bearer token is accepted (RFC 9449 s7.1); `undefined` if
   * there is none, or several.
   */
  readonly bearer: Challenge | undefined;
  /** The answer in words, for a finding. */
  readonly summary: string;
}

export interface Operation {
  readonly method: string;
  /** The URL of the operation, at the origin of the resource identifier. */
  readonly url: string;
  readonly headers: Readonly<Record<Lowercase<string>, string>>;
  readonly body: string | undefined;
}

export interface ProbeOptions {
  readonly target: Target;
  readonly operation: Operation;
  readonly fetch: typeof globalThis.fetch;
  readonly timeout: number;
}

const MAX_TEXT = 256 * 1024;

export class Probe {
  /** The tokens that were sent and that no answer may repeat. */
  readonly tokens: Set<string> = new Set();
  readonly #options: ProbeOptions;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  get operation(): Operation {
    return this.#options.operation;
  }

  /** Sends the operation, with changes. */
  async send({ token, path, ...change }: Sent = {}): Promise<Seen> {
    const { method, url, headers, body } = this.#options.operation;
    if (token !== undefined) this.tokens.add(token);
    const text = change.body === undefined ? body : (change.body ?? undefined);
    const named = {
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...change.headers,
    };
    return this.get(path === undefined ? url : new URL(url).origin + path, {
      method: change.method ?? method,
      headers: Object.entries(named).filter((one): one is [string, string] => one[1] !== null),
      ...(text !== undefined && { body: text }),
    });
  }

  /**
   * Whether this path and query reach the target as they are written. A `Request` holds a parsed URL, which has
   * no dot segments (WHATWG URL s4.4), and `fetch` sends no `?` in front of an empty query.
   */
  sendsAsWritten(path: string): boolean {
    const { target, operation } = this.#options;
    const { origin } = new URL(operation.url);
    if (!URL.canParse(origin + path)) return false;
    const sent =
      typeof target === 'string'
        ? onServer(origin + path, target).slice(new URL(target).origin.length)
        : new URL(origin + path).href.slice(origin.length);
    return sent === path;
  }

  /** Sends a request to any URL of the resource's origin; for a running server, to that path on the server. */
  async get(url: string, init: RequestInit = {}): Promise<Seen> {
    const { target, fetch, timeout } = this.#options;
    const { method = 'GET' } = init;
    const isEmpty = method === 'GET' || method === 'HEAD';
    const { body, ...rest } = init;
    try {
      return await within(timeout, 'the answer', async ({ signal }) => {
        const sent = { ...rest, ...(!isEmpty && body !== undefined && { body }), signal };
        const response =
          typeof target === 'function'
            ? await target(new Request(url, sent))
            : await fetch(onServer(url, target), { ...sent, redirect: 'manual' });
        return read(response);
      });
    } catch (error) {
      // The message is left out, because it may contain the token.
      return noAnswer(error instanceof Error ? error.name : 'something thrown');
    }
  }
}

/** The URL on the running server, whose origin may differ from that of the identifier. */
function onServer(url: string, server: string): string {
  const { pathname, search } = new URL(url);
  return new URL(server).origin + pathname + search;
}

async function read(response: Response): Promise<Seen> {
  const { status, headers } = response;
  const text = await readText(response);
  const renamed = headers.has('www-authenticate') ? undefined : renamedIn(headers);
  const value = headers.get(renamed ?? 'www-authenticate');
  const challenges = parseChallenges(value);
  const bearers = challenges.filter(({ scheme }) => scheme === 'bearer');
  const named = bearers.length > 0 ? bearers : challenges.filter(isDpop);
  const name = renamed ?? 'WWW-Authenticate';
  return {
    ...{ status, headers, text, challengeValue: value ?? '', renamed, challenges },
    bearer: named.length === 1 ? named[0] : undefined,
    summary: `status ${status}${value === null ? ', no WWW-Authenticate' : `, ${name}: ${value}`}`,
  };
}

const isDpop = ({ scheme }: Challenge): boolean => scheme === 'dpop';

/** Returns the name of a header such as `x-amzn-remapped-www-authenticate`, which AWS API Gateway sends. */
function renamedIn(headers: Headers): string | undefined {
  return [...headers.keys()].find((name) => name.endsWith('-www-authenticate'));
}

/** Reads the body up to a limit. It does not read event streams, which may not end. */
async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const isStream = response.headers.get('content-type')?.includes('event-stream') === true;
  const decoder = new TextDecoder();
  const limit = isStream ? 0 : MAX_TEXT;
  let text = '';
  while (text.length < limit) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel().catch(() => undefined);
  return text;
}

function noAnswer(name: string): Seen {
  return {
    ...{ status: 0, headers: new Headers(), text: '', challengeValue: '', renamed: undefined },
    ...{ challenges: [], bearer: undefined, summary: `no answer: ${name}` },
  };
}

/** Whether the answer is a success (2xx), from which the checks conclude that the operation ran. */
export function isSuccess({ status }: Seen): boolean {
  return status >= 200 && status < 300;
}
