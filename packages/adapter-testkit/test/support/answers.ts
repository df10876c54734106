/**
 * The table of cases as JSON, for other languages: what goes over the wire, and what must come back.
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
  METADATA,
  REVISIONS,
  SCOPES,
  VERBS,
} from '../../src/cases/index.js';
import type { Case } from '../../src/cases/index.js';
import { TOKENS } from '../../src/tokens.js';
import { toWire } from '../../src/verify.js';

const GROUPS: readonly (readonly [name: string, spec: string, cases: readonly Case[]])[] = [
  ['bad token', 'RFC 6750 s3.1', BAD_TOKENS],
  ['token that grants nothing', 'RFC 6750 s3.1', EMPTY_TOKENS],
  ['scopes', 'RFC 6750 s3.1', SCOPES],
  ['credentials', 'RFC 6750 s2.1', CREDENTIALS],
  ['a scheme alone', 'RFC 6750 s3.1', BARE_SCHEMES],
  ['ill-formed', 'RFC 6750 s3.1', ILL_FORMED],
  ['a comma', 'RFC 9110 s5.3', JOINED],
  ['verbs', 'MCP Streamable HTTP', VERBS],
  ['messages', 'JSON-RPC 2.0', MESSAGES],
  ['bodies', 'RFC 8259 s8.1', BODIES],
  ['labels', 'RFC 9110 s8.3, s8.4', LABELS],
  ['revisions', 'MCP 2026-07-28 Streamable HTTP', REVISIONS],
];

/** Larger bodies say nothing that a smaller one does not, to a reader of the file. */
const LARGEST = 4096;

export function answersFile(): string {
  const vectors = GROUPS.flatMap(([group, spec, cases]) =>
    cases.map((one) => toVector(group, spec, one)),
  ).filter(({ request }) => JSON.stringify(request).length <= LARGEST);
  const head = {
    $schema: './schema/answers.json',
    about:
      'Requests to a guarded MCP server and its answers, byte for byte. `{reader}` in a header stands for that token. README.md says what is guarded how.',
    tokens: Object.fromEntries(TOKENS),
  };
  return toFile(head, vectors);
}

export function metadataAnswersFile(): string {
  const head = {
    $schema: './schema/metadata-answers.json',
    about:
      'Requests for protected resource metadata and their answers. A 200 has an `ETag` besides, and answers it with 304.',
  };
  return toFile(
    head,
    METADATA.map(({ name, method, target, headers = [], status, expected, body }) => ({
      name,
      spec: 'RFC 9728 s3',
      request: { method, target, headers },
      expected: { status, headers: expected, body },
    })),
  );
}

function toVector(group: string, spec: string, one: Case) {
  const { method, target, headers, body } = toWire(one, (name) => `{${name}}`);
  const { expected } = one;
  return {
    name: `${group}: ${one.name}`,
    spec,
    ...(one.parsers && { parsers: one.parsers }),
    request: { method, target, headers, ...(body !== undefined && { body: toText(body) }) },
    expected:
      'runs' in expected
        ? { status: expected.status ?? 200, runs: expected.runs }
        : {
            status: expected.status,
            ...(expected.challenge !== undefined && { challenge: expected.challenge }),
            ...(expected.headers && { headers: expected.headers }),
            ...(expected.body && method !== 'HEAD' && { body: JSON.stringify(expected.body) }),
          },
  };
}

function toText(body: string | Uint8Array): string | { readonly base64: string } {
  return typeof body === 'string' ? body : { base64: Buffer.from(body).toString('base64') };
}

/** A case a line. */
function toFile(head: object, vectors: readonly object[]): string {
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
  const opening = JSON.stringify(head, null, 2).replace(/\n\}$/, '');
  return `${opening},\n  "vectors": [\n${lines}\n  ]\n}\n`;
}
