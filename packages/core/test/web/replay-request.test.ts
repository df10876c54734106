/** Requests of a platform's own class, whose body the gate has read. */
import { describe, expect, test } from 'vitest';
import { RESOURCE, callTool, notesGate } from '../support/mcp.js';

const INTERNALS = Symbol('internal request');

/** Keeps its own members under a symbol, in a private field and as a plain member, as platforms do. */
class PlatformRequest extends Request {
  readonly params: object = { id: '7' };
  readonly #secret = 'mine';

  constructor(input: string | Request, init: RequestInit, mustNotBeCalledWith?: 'two arguments') {
    super(input, init);
    if (mustNotBeCalledWith === undefined) throw new Error('called with two arguments');
    Object.assign(this, {
      [INTERNALS]: { nextUrl: new URL(this.url), cookies: new Map([['a', '1']]) },
    });
  }

  get #internals(): { readonly nextUrl: URL; readonly cookies: ReadonlyMap<string, string> } {
    return (this as unknown as Record<symbol, never>)[INTERNALS] as never;
  }

  get nextUrl(): URL {
    return this.#internals.nextUrl;
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#internals.cookies;
  }

  get secret(): string {
    return this.#secret;
  }

  whoAmI(): string {
    return this.#secret;
  }

  override get url(): string {
    return super.url;
  }
}

const BODY = callTool('read_notes');

function make(): PlatformRequest {
  const headers = { Authorization: 'Bearer notes.read', 'Content-Type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(BODY) };
  return new PlatformRequest(RESOURCE, init, 'two arguments');
}

async function replayed(): Promise<PlatformRequest> {
  let found: Request | undefined;
  const guarded = notesGate().fetch((request) => {
    found = request;
    return new Response('ran');
  });
  expect((await guarded(make())).status).toBe(200);
  return found as PlatformRequest;
}

describe('a request of a platform’s own class keeps it behind the gate [T143]', () => {
  test('its class and the members that it added', async () => {
    const request = await replayed();
    expect(request).toBeInstanceOf(PlatformRequest);
    expect(request.nextUrl.href).toBe(RESOURCE);
    expect(request.cookies.get('a')).toBe('1');
    expect(request.params).toEqual({ id: '7' });
    expect([request.secret, request.whoAmI(), request.url]).toEqual(['mine', 'mine', RESOURCE]);
  });

  test('and its body is the evaluated one, for every reader', async () => {
    expect(await (await replayed()).json()).toEqual(BODY);
    expect(await (await replayed()).clone().text()).toBe(JSON.stringify(BODY));
    const forwarded = new Request('https://upstream.example/', await replayed());
    expect(await forwarded.json()).toEqual(BODY);
    const read = await replayed();
    expect(read.bodyUsed).toBe(false);
    await read.text();
    expect(read.bodyUsed).toBe(true);
  });
});
