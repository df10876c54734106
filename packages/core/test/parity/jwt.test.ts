/** The same table with JWTs, good and bad, signed by real keys. */
import * as runner from 'vitest';
import type { App } from '../../../adapter-testkit/src/app.js';
import { testSuites } from '../../../adapter-testkit/src/test-adapter.js';
import { verify } from '../../../adapter-testkit/src/verify.js';
import { EMPTY_TOKENS, READ, SCOPES } from '../../../adapter-testkit/src/cases/index.js';
import type { Case } from '../../../adapter-testkit/src/cases/index.js';
import { FETCH } from '../support/fetch-harness.js';
import { NODE } from '../support/node-harness.js';
import { startNotesGates } from '../support/notes-gates.js';
import { BAD_JWTS } from '../support/tokens.js';
import type { Tokens } from '../support/tokens.js';

const notes = await startNotesGates();
runner.afterAll(() => notes.close());

const tokens = (name: string): string => notes.tokens[name as keyof Tokens];
const table = (cases: readonly Case[], title: (name: string) => string) =>
  cases.map((one) => ({
    title: title(one.name),
    run: (app: App) => verify(one, app, { tokens }),
  }));

const suite = {
  name: 'JWTs',
  setup: { routes: notes.routes },
  checks: [
    ...table(
      BAD_JWTS,
      (name) =>
        `bad token, ${name}: 401, one public text, nothing ran [AH-8, AH-10, AH-15, CH-1, JW-1, JW-2, JW-3, JW-4, JW-5, JW-7, JW-9, JW-11, T45, T60, T67]`,
    ),
    ...table(
      EMPTY_TOKENS,
      (name) => `token that grants nothing, ${name}: 403 [SC-1, SC-8, T03, T06, T07, T08]`,
    ),
    ...table(
      [
        ...SCOPES,
        { name: 'longTyp', token: 'longTyp', body: READ, expected: { runs: ['read_notes'] } },
      ],
      (name) => `scopes: ${name} [C403-1, SC-1, SC-2, JW-1]`,
    ),
  ],
};

testSuites(NODE, [suite], runner);
// Its skips are cases of the shared suites.
testSuites({ ...FETCH, skips: [] }, [suite], runner);
