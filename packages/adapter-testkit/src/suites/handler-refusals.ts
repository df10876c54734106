/**
 * Refusals that an MCP handler raises: the MCP server can answer them only with status 200, so the
 * adapter must replace its answer.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { guardTool } from '@scopegate/core/mcp';
import type { App } from '../app.js';
import { READ, READER_SCOPES, WRITE, missing } from '../cases/index.js';
import type { Case } from '../cases/index.js';
import type { Answer, Call } from '../harness.js';
import { verifier } from '../tokens.js';
import { bearer, verify } from '../verify.js';
import { notesGate } from '../gates.js';
import type { Suite } from './suite.js';

const REFUSED: Case = {
  name: 'refused by guardTool',
  token: 'reader',
  body: READ,
  expected: missing('read_notes', 'notes:write', 'notes:write notes:read', [
    WRITE,
    ...READER_SCOPES,
  ]),
};

export function handlerRefusalSuite(): Suite {
  const gate = notesGate(verifier);
  const tool = guardTool(gate, 'notes:write', (_context: object) => ({ content: [] }));
  /** The message of an MCP server whose tool is guarded. */
  const message = async ({ authOf }: Call): Promise<string> => {
    const result = await tool({ authInfo: authOf(gate), requestId: 1 });
    return JSON.stringify({ jsonrpc: '2.0', id: 1, result });
  };
  return {
    name: 'refusals raised in an MCP handler',
    setup: { routes: [{ path: '/mcp', gate }] },
    checks: [
      {
        title: 'a refusal of guardTool in a JSON answer becomes the 403 of the gate [C403-1]',
        run: (app) => refused(app, async (call) => json(await message(call))),
      },
      {
        title: 'a refusal of guardTool in an event stream becomes the 403 of the gate [C403-1]',
        run: (app) => refused(app, async (call) => events(`data: ${await message(call)}\n\n`)),
      },
      {
        title: 'a stream that began with another message stays as it is',
        run: async (app) => {
          const notice = 'data: {"jsonrpc":"2.0","method":"notifications/message"}\n\n';
          const sent: string[] = [];
          app.respond = async (call) => {
            sent.push(notice, `data: ${await message(call)}\n\n`);
            return events(...sent);
          };
          const answer = await app.send(bearer('reader', READ));
          assert.equal(answer.status, 200);
          assert.equal(answer.body, sent.join(''));
        },
      },
      {
        title: 'an answer of a tool whose rule holds stays as it is',
        run: async (app) => {
          app.respond = async (call) => json(await message(call));
          const answer = await app.send(bearer('writer', READ));
          assert.equal(answer.status, 200);
          assert.equal(answer.body, '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}');
        },
      },
    ],
  };
}

/** Fails unless the answer is replaced by the gate's refusal. */
async function refused(app: App, respond: (call: Call) => Promise<Answer>): Promise<void> {
  app.respond = async (call) => {
    // The call was allowed to reach the server; the case is about the answer.
    app.calls.length = 0;
    app.ran.length = 0;
    return respond(call);
  };
  await verify(REFUSED, app);
}

function json(body: string): Answer {
  return { status: 200, headers: [['Content-Type', 'application/json']], body };
}

function events(...pieces: readonly string[]): Answer {
  return { status: 200, headers: [['Content-Type', 'text/event-stream']], body: stream(pieces) };
}

async function* stream(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}
