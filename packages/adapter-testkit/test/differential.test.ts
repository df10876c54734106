/** Requests that nobody wrote down: every binding gives the same answer, byte for byte. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { App } from '../src/app.js';
import { down, verifier } from '../src/tokens.js';
import { withoutTransport } from '../src/verify.js';
import { createRoutes } from '../src/gates.js';
import { ALL_HARNESSES } from './support/harnesses.js';
import { mayRun, requests } from './support/requests.js';

const routes = createRoutes({ verifier, down });
const apps: App[] = [];
beforeAll(async () => {
  for (const harness of ALL_HARNESSES) apps.push(await new App().start(harness, { routes }));
});
afterAll(() => Promise.all(apps.map((app) => app.close())));

test(
  'a thousand requests: one status, one challenge, one body, and nothing runs that the policy does not allow [OP-13, T20, T22, T31]',
  { timeout: 120_000 },
  async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(requests, async (generated) => {
        const outcomes = await Promise.all(
          apps.map(async (app, index) => {
            app.reset();
            const { headers, ...rest } = withoutTransport(await app.send(generated.request));
            const { 'content-type': _, ...others } = headers;
            // How the application's own content is labelled is the framework's to say.
            const answer = { ...rest, headers: app.calls.length > 0 ? others : headers };
            return { name: ALL_HARNESSES[index]?.name, answer, ran: [...app.ran] };
          }),
        );
        const [first] = outcomes;
        const status = Number(first?.answer.status);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        const allowed = mayRun(generated);
        for (const { name, answer, ran } of outcomes) {
          // What is no route, frameworks answer in words of their own.
          if (status === 404) expect({ name, status: answer.status }).toEqual({ name, status });
          else expect({ name, answer, ran }).toEqual({ ...first, name });
          expect(ran.filter((tool) => !allowed.includes(tool))).toEqual([]);
        }
      }),
      { numRuns: 1000, seed: 9728 },
    );
    // The generator reaches every answer.
    expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual(
      expect.arrayContaining([200, 204, 400, 401, 403, 404, 405, 413, 415, 503]),
    );
  },
);
