/** The fuzzer is worth no more than what it attacks: which zod each SDK really runs on. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { listenTo, underId } from '../src/record.js';
import type { Run } from '../src/record.js';
import { SDKS } from '../src/servers/index.js';

const V1 = '@modelcontextprotocol/sdk/server/mcp.js';
const V2 = '@modelcontextprotocol/server';

/** From the SDK's own file, as the SDK itself would find it. */
function zodOf(folder: string, entry: string): string {
  const sdk = createRequire(new URL(`../sdks/${folder}/index.ts`, import.meta.url)).resolve(entry);
  const file = createRequire(sdk).resolve('zod/package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

test.each([
  ['zod-3.25', V1, /^3\.25\./],
  ['zod-4.0', V1, /^4\.0\.0$/],
  ['zod-4.2', V2, /^4\.2\.0$/],
])('%s: %s runs on the lowest', (folder, entry, version) => {
  expect(zodOf(folder, entry)).toMatch(version);
});

test.each([V1, V2])('zod-newest: %s runs on a zod that leaves prototypes alone', (entry) => {
  const [major = 0, minor = 0] = zodOf('zod-newest', entry).split('.').map(Number);
  expect(major).toBe(4);
  expect(minor).toBeGreaterThanOrEqual(4);
});

const COMPLETED =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_one","__proto__":{"arguments":{"id":"secret"}}}}';

/** Without a gate: what the server makes of the message by itself. */
async function bare(server: string): Promise<readonly Run[]> {
  const ran: Run[] = [];
  listenTo(server, (run) => ran.push(run));
  const request = new Request('http://localhost/mcp', {
    ...{ method: 'POST', body: COMPLETED },
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
  });
  const parsedBody: unknown = JSON.parse(COMPLETED);
  const response = await underId(server, '/mcp', () =>
    SDKS[server]?.fetch(request, { parsedBody }),
  );
  await response?.text();
  return ran.filter(({ kind }) => kind === 'tool');
}

describe('without a gate, the server completes a message from its prototype', () => {
  test.each(['SDK v1, zod 4.0', 'SDK v2, zod 4.2'])('%s: it does', async (server) => {
    expect(await bare(server)).toEqual([
      { kind: 'tool', name: 'read_one', args: { id: 'secret' } },
    ]);
  });

  test.each(['SDK v1, newest zod', 'SDK v2, newest zod'])('%s: it does not', async (server) => {
    const ids = (await bare(server)).map((run) => (run as { args?: { id?: unknown } }).args?.id);
    expect(ids).not.toContain('secret');
  });
});
