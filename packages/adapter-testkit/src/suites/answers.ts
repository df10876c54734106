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
import type { ProvingCase } from '../cases/index.js';
import type { GuardedRoute, Parser } from '../harness.js';
import { verify } from '../verify.js';
import type { Tokens } from '../verify.js';
import type { Check, Suite } from './suite.js';

/** The cases of the table that apply to this place of the parser. */
export function answerSuite(
  parser: Parser,
  { routes, tokens }: { readonly routes: readonly GuardedRoute[]; readonly tokens?: Tokens },
): Suite {
  const table = (
    cases: readonly ProvingCase[],
    title: (name: string) => string,
  ): readonly Check[] =>
    cases
      .filter((one) => (one.parsers ?? [parser]).includes(parser))
      .map((one) => ({
        title: `${title(one.name)} ${one.ids}`,
        run: (app) => verify(one, app, tokens && { tokens }),
      }));
  return {
    name: `JSON parser ${parser}`,
    setup: { routes, parser },
    checks: [
      ...table(
        BAD_TOKENS,
        (name) => `bad token: ${name} is 401, with one public text, and nothing ran`,
      ),
      ...table(EMPTY_TOKENS, (name) => `token that grants nothing: ${name} is 403`),
      ...table(SCOPES, (name) => `scopes: ${name}`),
      ...table(CREDENTIALS, (name) => `credentials: ${name}`),
      ...table(BARE_SCHEMES, (name) => `credentials: ${name} brings none: 401 without an error`),
      ...table(ILL_FORMED, (name) => `credentials: ${name} is 401 invalid_token`),
      ...table(JOINED, (name) => `credentials: ${name} is two: 400`),
      ...table(VERBS, (name) => `verbs: ${name}`),
      ...table(MESSAGES, (name) => `messages: ${name}`),
      ...table(BODIES, (name) => `bodies: ${name}`),
      ...table(LABELS, (name) => `labels: ${name}`),
      ...table(REVISIONS, (name) => `revisions: ${name}`),
    ],
  };
}
