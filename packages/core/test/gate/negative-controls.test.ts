import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { readCalls } from '../../../adapter-testkit/src/lenient-reader.js';
import { ATTACKS, attackedGate } from '../../../adapter-testkit/src/suites/attacks.js';
import { sendAttack } from '../../../adapter-testkit/src/wire/attack.js';
import type { TestGate } from '../../../adapter-testkit/src/gates.js';
import { fromNodeRequest, writeReply } from '../../src/node/index.js';
import { close, listen } from '../support/issuer.js';

/**
 * Gates that are wrong in a way that gates have been wrong, each in front of the same obliging
 * server. The table of attacks must catch every one of them, or it proves nothing of the right one.
 */
type Decide = (gate: TestGate, req: IncomingMessage, text: string) => Promise<boolean>;

interface Call {
  readonly method?: unknown;
  readonly params?: { readonly name?: unknown };
}

/** Asks the gate about a message of the control's own making. */
async function ask(gate: TestGate, req: IncomingMessage, message: unknown): Promise<boolean> {
  const { gateRequest } = fromNodeRequest(req);
  const bytes = JSON.stringify(message);
  const readBody = async () => ({
    ...{ bytes, contentType: 'application/json', contentEncoding: null },
  });
  const headers = {
    get: (name: string) => (name.startsWith('mcp-') ? null : gateRequest.headers.get(name)),
  };
  return (await gate.check({ ...gateRequest, headers, readBody })).allowed;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const call = (name: unknown): object => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } },
});

const CONTROLS: Readonly<Record<string, Decide>> = {
  'the path is folded by the router, compared exactly by the gate': async (gate, req, text) =>
    req.url !== '/mcp' || ask(gate, req, parse(text)),
  'a batch is passed on': async (gate, req, text) => {
    const body = parse(text);
    return Array.isArray(body) || ask(gate, req, body);
  },
  'only the first of a batch is evaluated': async (gate, req, text) => {
    const body = parse(text);
    return ask(gate, req, Array.isArray(body) ? body[0] : body);
  },
  'the first name in the text wins': async (gate, req, text) => {
    const name = /"name"\s*:\s*"([^"]*)"/.exec(text)?.[1];
    return name === undefined || ask(gate, req, call(name));
  },
  'the header is the source': async (gate, req, text) => {
    const name = req.headers['mcp-name'];
    return ask(gate, req, name === undefined ? parse(text) : call(String(name).split(',')[0]));
  },
  'the name is coerced': async (gate, req, text) => {
    const { method, params } = (parse(text) ?? {}) as Call;
    const name = params?.name;
    if (method !== 'tools/call') return ask(gate, req, parse(text));
    return typeof name !== 'string' || ask(gate, req, call(name));
  },
  'the method is compared exactly, and what is unknown passes': async (gate, req, text) => {
    const { method } = (parse(text) ?? {}) as Call;
    return method !== 'tools/call' || ask(gate, req, parse(text));
  },
  'only POST is evaluated': async (gate, req, text) =>
    req.method !== 'POST' || ask(gate, req, parse(text)),
  'the first Authorization line counts': async (gate, req, text) => {
    const { authorization } = req.headers;
    const token = /^bearer\s+([^\s,]+)/i.exec(authorization ?? '')?.[1];
    const { gateRequest } = fromNodeRequest(req);
    const headers = {
      get: (name: string) =>
        name === 'authorization'
          ? token
            ? `Bearer ${token}`
            : null
          : gateRequest.headers.get(name),
    };
    const readBody = async () => ({
      ...{ bytes: text, contentType: 'application/json', contentEncoding: null },
    });
    return (await gate.check({ ...gateRequest, headers, readBody })).allowed;
  },
};

async function violations(decide: Decide): Promise<string[]> {
  const ran: string[] = [];
  const gate = attackedGate();
  const server = createServer((req, res) => {
    // A control may break on a hostile body; then it ran nothing.
    answer(req, res).catch(() => res.writeHead(500).end());
  });
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    if (!(await decide(gate, req, text)))
      return writeReply(res, { status: 403, headers: [], body: null });
    ran.push(...readCalls(parse(text)));
    res.end('{}');
  };
  const origin = await listen(server);
  const found: string[] = [];
  for (const attack of ATTACKS) {
    // These end the connection or fill it; a control that reads it all has nothing to tell.
    if (attack.close === true) continue;
    ran.length = 0;
    await sendAttack(origin, attack);
    // What ran is looked at alone: a control's status is its own.
    if (ran.some((tool) => !attack.runs.includes(tool))) found.push(attack.name);
  }
  await close(server);
  return found;
}

describe('the table of attacks catches a gate where', () => {
  test.each(Object.entries(CONTROLS))(
    '%s [T20, T21, T23, T24, T31, T32, T71]',
    async (_how, decide) => {
      expect(await violations(decide)).not.toEqual([]);
    },
  );
});

test('and passes a gate that checks what will run', async () => {
  const decide: Decide = async (gate, req, text) => {
    const { gateRequest } = fromNodeRequest(req);
    const readBody = async () => ({
      bytes: text,
      contentType: gateRequest.headers.get('content-type'),
      contentEncoding: gateRequest.headers.get('content-encoding'),
    });
    return (await gate.check({ ...gateRequest, readBody })).allowed;
  };
  expect(await violations(decide)).toEqual([]);
});
