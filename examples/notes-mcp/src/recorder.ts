/**
 * A `fetch` that notes down what went over the wire: enough to follow the story, and never a token,
 * a code or an identifier of a login.
 *
 * @module
 */

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A request with its answer. */
export interface Exchange {
  readonly by: 'client' | 'browser';
  readonly origin: string;
  readonly method: string;
  /** Without the query; identifiers of a login read `:id`. */
  readonly path: string;
  /** The JSON-RPC method and tool, the grant type, or the parameters that request a code. */
  readonly about: string;
  readonly status: number;
  /** The `WWW-Authenticate` field in full, `null` if there is none. */
  readonly challenge: string | null;
}

export interface Recorder {
  readonly exchanges: readonly Exchange[];
  /** A `fetch` whose exchanges are recorded under this name. */
  fetchAs(by: Exchange['by']): Fetch;
  /** The first exchange, past or to come, that fits. */
  find(fits: (exchange: Exchange) => boolean): Promise<Exchange>;
}

/** @param onExchange - told of each exchange when its answer's headers are there */
export function createRecorder(onExchange: (exchange: Exchange) => void): Recorder {
  const exchanges: Exchange[] = [];
  const waiting = new Set<(exchange: Exchange) => void>();

  function record(exchange: Exchange): void {
    exchanges.push(exchange);
    onExchange(exchange);
    for (const look of waiting) look(exchange);
  }

  return {
    exchanges,
    fetchAs: (by) => async (target, init) => {
      const response = await fetch(target, init);
      const url = new URL(target);
      record({
        by,
        origin: url.origin,
        method: init?.method ?? 'GET',
        path: url.pathname.replace(/^\/(auth|interaction)\/.*$/, '/$1/:id'),
        about: aboutBody(init?.body) || aboutQuery(url.searchParams),
        status: response.status,
        challenge: response.headers.get('www-authenticate'),
      });
      return response;
    },
    find: (fits) =>
      new Promise((resolve) => {
        const past = exchanges.find(fits);
        if (past !== undefined) return resolve(past);
        const look = (exchange: Exchange): void => {
          if (!fits(exchange)) return;
          waiting.delete(look);
          resolve(exchange);
        };
        waiting.add(look);
      }),
  };
}

/** One line for one exchange, to compare and to print: `POST /mcp tools/call add_note 403`. */
export function summaryOf({ method, path, about, status }: Exchange): string {
  return [method, path, about, status].filter((part) => part !== '').join(' ');
}

function aboutBody(body: unknown): string {
  if (body instanceof URLSearchParams) return body.get('grant_type') ?? '';
  if (typeof body !== 'string') return '';
  const { method = '', params } = JSON.parse(body) as {
    readonly method?: string;
    readonly params?: { readonly name?: string };
  };
  return method === 'tools/call' ? `${method} ${params?.name ?? ''}` : method;
}

function aboutQuery(query: URLSearchParams): string {
  const pkce = query.get('code_challenge_method');
  return pkce === null ? '' : `${query.get('response_type') ?? ''}, PKCE ${pkce}`;
}
