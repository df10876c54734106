/** Sends `answers.json` to the server at a URL, and prints the outcome as one line of JSON. */
import assert from 'node:assert/strict';
import { withoutTransport } from '../../../packages/adapter-testkit/src/verify.js';
import { exchange } from '../../../packages/adapter-testkit/src/wire/raw-http.js';
import type { Outcome } from './vectors.js';

declare const VECTORS: Readonly<Record<string, string>>;

interface Answer {
  readonly name: string;
  readonly parsers?: readonly string[];
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly body?: string | { readonly base64: string };
  };
  readonly expected: {
    readonly status: number;
    readonly runs?: readonly string[];
    readonly challenge?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
}

const origin = String(process.argv.at(-1));
const { vectors } = JSON.parse(VECTORS['answers'] ?? '') as { readonly vectors: readonly Answer[] };
const failures: string[] = [];
let passed = 0;
for (const vector of vectors) {
  // No parser stands in front of the gate.
  if (vector.parsers !== undefined && !vector.parsers.includes('absent')) continue;
  try {
    await verify(vector);
    passed += 1;
  } catch (error) {
    failures.push(`${vector.name}: ${(error as Error).message}`);
  }
}
console.log(JSON.stringify({ passed, failures } satisfies Outcome));

async function verify({ request, expected }: Answer): Promise<void> {
  const { body } = request;
  const bytes = typeof body === 'object' ? Buffer.from(body.base64, 'base64') : body;
  // A token of the vectors is its name.
  const headers = request.headers.map(
    ([name, value]) => [name, value.replaceAll(/\{(\w+)\}/g, '$1')] as const,
  );
  const { method, target } = request;
  const answer = withoutTransport(await exchange(origin, { method, target, headers, body: bytes }));
  if (expected.runs !== undefined) {
    assert.equal(answer.status, expected.status);
    assert.deepEqual(JSON.parse(answer.headers['x-ran'] ?? ''), expected.runs);
    return;
  }
  assert.equal(answer.headers['x-ran'], undefined, 'the application was called');
  assert.deepEqual(answer, {
    status: expected.status,
    headers: {
      ...(expected.status !== 204 && {
        'cache-control': 'no-store',
        'content-type': 'application/json',
        vary: 'Authorization',
      }),
      ...(expected.challenge !== undefined && { 'www-authenticate': expected.challenge }),
      ...expected.headers,
    },
    body: expected.body ?? '',
  });
}
