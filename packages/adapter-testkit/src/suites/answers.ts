/**
 * The table of cases: who calls, what they may do, what a request is, byte for byte.
 *
 * @module
 */
import {
  BAD_TOKENS,
  BARE_SCHEMES,
  BODIES,
  CREDENTIALS,
  EMPTY_TOKENS,
  ILL_FORMED,
  JOINED,
  LABELS,
  MESSAGES,
  REVISIONS,
  SCOPES,
  VERBS,
} from '../cases/index.js';
import type { Case } from '../cases/index.js';
import type { GuardedRoute, Parser } from '../harness.js';
import { verify } from '../verify.js';
import type { Tokens } from '../verify.js';
import type { Check, Suite } from './suite.js';

/** The cases of the table that apply to this place of the parser. */
export function answerSuite(
  parser: Parser,
  { routes, tokens }: { readonly routes: readonly GuardedRoute[]; readonly tokens?: Tokens },
): Suite {
  const table = (cases: readonly Case[], title: (name: string) => string): readonly Check[] =>
    cases
      .filter((one) => (one.parsers ?? [parser]).includes(parser))
      .map((one) => ({
        title: title(one.name),
        run: (app) => verify(one, app, tokens && { tokens }),
      }));
  return {
    name: `JSON parser ${parser}`,
    setup: { routes, parser },
    checks: [
      ...table(
        BAD_TOKENS,
        (name) =>
          `bad token: ${name} is 401, with one public text, and nothing ran [AH-8, AH-10, CH-1, T45, T60, T67]`,
      ),
      ...table(
        EMPTY_TOKENS,
        (name) => `token that grants nothing: ${name} is 403 [SC-1, SC-8, T03, T06, T07, T08]`,
      ),
      ...table(
        SCOPES,
        (name) =>
          `scopes: ${name} [C403-1, C403-2, C403-5, C403-6, SC-1, SC-2, SC-3, SC-5, SC-6, SC-8, OP-13, T02, T09, T13]`,
      ),
      ...table(
        CREDENTIALS,
        (name) =>
          `credentials: ${name} [AH-1, AH-2, AH-4, AH-5, AH-6, AH-7, AH-9, AH-14, C401-2, C401-6, T46, T49, T71]`,
      ),
      ...table(
        BARE_SCHEMES,
        (name) => `credentials: ${name} brings none: 401 without an error [AH-11, C401-2, T193]`,
      ),
      ...table(
        ILL_FORMED,
        (name) => `credentials: ${name} is 401 invalid_token [AH-12, AH-16, T193]`,
      ),
      ...table(JOINED, (name) => `credentials: ${name} is two: 400 [AH-6, AH-17]`),
      ...table(VERBS, (name) => `verbs: ${name} [OP-14, T31]`),
      ...table(MESSAGES, (name) => `messages: ${name} [OP-10, OP-12, T20, T21, T22, T23]`),
      ...table(BODIES, (name) => `bodies: ${name} [T27, T29, T30]`),
      ...table(LABELS, (name) => `labels: ${name} [T26, T28, T29]`),
      ...table(
        REVISIONS,
        (name) => `revisions: ${name} [C403-3, OP-3, OP-4, OP-6, OP-7, OP-9, T24]`,
      ),
    ],
  };
}
