/**
 * A real introspection endpoint on a loopback port that answers whatever it is told to.
 *
 * @module
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { close, listen } from './issuer.js';

export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly form: URLSearchParams;
}

export interface IntrospectionEndpoint {
  /** Also the issuer: its RFC 8414 metadata names the endpoint. */
  readonly origin: string;
  readonly url: string;
  /** What was asked of the endpoint so far. */
  readonly asked: Asked[];
  /** What was asked of the metadata so far. */
  readonly discovered: string[];
  /** An object is sent as JSON, a string as it is; a function answers by itself. */
  answer(what: object | string | ((asked: Asked, res: ServerResponse) => void)): void;
  /** Answers in the place of the metadata. */
  describe(metadata: object): void;
  close(): Promise<void>;
}

export async function startIntrospectionEndpoint(): Promise<IntrospectionEndpoint> {
  const asked: Asked[] = [];
  const discovered: string[] = [];
  let answer: Parameters<IntrospectionEndpoint['answer']>[0] = { active: false };
  let metadata: object | undefined;
  const server = createServer((req, res) => {
    if (req.url?.includes('/.well-known/')) {
      discovered.push(req.url);
      res.end(JSON.stringify(metadata ?? { issuer: origin, introspection_endpoint: url }));
      return;
    }
    void readAsked(req).then((one) => {
      asked.push(one);
      if (typeof answer === 'function') answer(one, res);
      else {
        res.setHeader('content-type', 'application/json');
        res.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      }
    });
  });
  const origin = await listen(server);
  const url = `${origin}/introspect`;
  return {
    origin,
    url,
    asked,
    discovered,
    answer(what) {
      answer = what;
    },
    describe(what) {
      metadata = what;
    },
    close: () => close(server),
  };
}

async function readAsked(req: IncomingMessage): Promise<Asked> {
  let body = '';
  for await (const chunk of req) body += String(chunk);
  const { method, url, headers } = req;
  return { method, url, headers, body, form: new URLSearchParams(body) };
}
