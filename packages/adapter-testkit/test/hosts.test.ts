/** The suite behind hosts whose requests no socket made. */
import { describe, expect, test } from 'vitest';
import * as runner from 'vitest';
import { READ } from '../src/cases/index.js';
import { createRoutes, notesGate } from '../src/gates.js';
import { answerSuite } from '../src/suites/index.js';
import { tokenFromSuite } from '../src/suites/token-from.js';
import { testSuites } from '../src/test-adapter.js';
import { down, verifier } from '../src/tokens.js';
import { exchange } from '../src/wire/raw-http.js';
import { HOST_HARNESSES } from './support/hosts.js';

const routes = createRoutes({ verifier, down });

for (const harness of HOST_HARNESSES) {
  const tables = (harness.parsers ?? []).map((parser) => answerSuite(parser, { routes }));
  testSuites(harness, [...tables, tokenFromSuite()], runner);
}

describe.each(HOST_HARNESSES)('$name', (harness) => {
  test.each([
    ['a foreign origin', 'https://evil.example', 403],
    ['a listed origin', 'https://app.example.com', 200],
  ])('%s is checked: %s is %i [T141]', async (_what, origin, status) => {
    const gate = notesGate(verifier, { allowedOrigins: ['https://app.example.com'] });
    const ran: unknown[] = [];
    const { url, close } = await harness.start([gate], {
      ...{ routes: [{ path: '/mcp', gate }], parser: 'absent', prefix: '', headers: [] },
      application: async ({ body }) => {
        ran.push(body);
        return { status: 200, headers: [['Content-Type', 'text/plain']], body: 'ran' };
      },
      onError: () => ({ status: 418, headers: [], body: '' }),
    });
    const answer = await exchange(url, {
      ...{ method: 'POST', target: '/mcp', body: JSON.stringify(READ) },
      headers: [
        ['Authorization', 'Bearer reader'],
        ['Content-Type', 'application/json'],
        ['Origin', origin],
      ],
    });
    await close();
    expect(answer.status).toBe(status);
    expect(ran).toEqual(status === 200 ? [READ] : []);
  });
});
