/**
 * The duties of an adapter, for the messages of failures.
 *
 * @module
 */
import { AssertionError } from 'node:assert/strict';
import { PREFIX } from './fail.js';
import type { Check, Suite } from './suites/index.js';

/** The duty that a suite checks, by the beginning of the suite's name. */
const DUTIES: readonly (readonly [suite: string, duty: string])[] = [
  ['JSON parser', 'show each request to the gate, and do what it decides'],
  ['at the root', 'answer requests for resource metadata'],
  ['under a prefix', 'answer requests for resource metadata'],
  ['with other middleware', 'keep the headers that other middleware set'],
  ['a public route', 'let requests without a token pass where the rule is public'],
  ['a gate behind another', 'attach auth of the gate that decided'],
  ['who calls', 'attach auth in the place of the framework'],
  ['thrown errors', 'turn a thrown scope error into its 403, and leave other errors alone'],
  ['refused by guardTool', 'put a refusal raised in a handler in the place of the answer'],
  ['refusals raised', 'put a refusal raised in a handler in the place of the answer'],
  ['streams', 'pass streams on, unchanged and while they run'],
  ['connections', 'leave the connection usable after each answer'],
  ['sizes', 'keep the limits of sizes'],
  ['hostile headers', 'show every line of the headers to the gate'],
  ['clients that go away', 'end what a client that went away began'],
  ['paths', 'show the target that the client sent to the gate'],
  ['attacks', 'run nothing but what the gate allowed'],
];

/**
 * Returns the error of a failed case with the suite's duty in its message, unless the message already begins with
 * one.
 */
export function withDuty(error: unknown, { name }: Suite, { title }: Check): unknown {
  if (!(error instanceof Error) || error.message.startsWith(PREFIX)) return error;
  const duty = DUTIES.find(([suite]) => name.startsWith(suite))?.[1] ?? name;
  const message = `${PREFIX} ${duty}\n  ${title}\n  ${error.message}`;
  return error instanceof AssertionError
    ? new AssertionError({ ...valuesOf(error), message })
    : new Error(message, { cause: error });
}

function valuesOf({ actual, expected, operator }: AssertionError): {
  actual: unknown;
  expected: unknown;
  operator: string;
} {
  return { actual, expected, operator };
}
