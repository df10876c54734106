/**
 * What handlers throw: scope errors of any class, and everything else.
 *
 * @module
 */
import { InsufficientScopeError } from '@scopegate/core';
import { READ, missing } from './case.js';
import type { Case, Refused } from './case.js';
import { missingForExport } from './scopes.js';

export interface Thrown {
  readonly what: string;
  readonly make: () => unknown;
  readonly expected: Refused;
}

/** A library's own class, or a second copy of this package. */
class ForeignScopeError extends Error {
  override readonly name = 'InsufficientScopeError';
  readonly data = { requiredScopes: ['notes:write'] };
}

/** The refusal of a reader, with the description of the error. */
function missingBecause(description: string, inHeader = description): Refused {
  const { challenge = '', body } = missingForExport;
  return {
    ...missingForExport,
    challenge: challenge.replace(/error_description="[^"]*"/, `error_description="${inHeader}"`),
    body: { ...body, error_description: description },
  };
}

const notAllowed: Refused = {
  status: 403,
  reason: 'denied',
  body: { error: 'forbidden', error_description: 'This request is not allowed' },
};

export const SCOPE_ERRORS: readonly Thrown[] = [
  {
    what: 'InsufficientScopeError',
    make: () => new InsufficientScopeError('notes:write'),
    expected: missingForExport,
  },
  {
    what: 'one of another package',
    make: () => new ForeignScopeError(),
    expected: missingForExport,
  },
  {
    what: 'an object of that shape',
    make: () => ({ name: 'InsufficientScopeError', requiredScopes: ['notes:write'] }),
    expected: missingForExport,
  },
  {
    what: 'one with a description',
    make: () => new InsufficientScopeError('notes:write', { description: 'Row 7 is locked' }),
    expected: missingBecause('Row 7 is locked'),
  },
  {
    what: 'one whose description would speak for the challenge',
    make: () =>
      new InsufficientScopeError('notes:write', { description: 'x", scope="admin:notes' }),
    expected: missingBecause('x", scope="admin:notes', 'x , scope admin:notes'),
  },
  {
    what: 'one whose description no header can hold',
    make: () => new InsufficientScopeError('notes:write', { description: '\u65e5\u672c' }),
    expected: missingForExport,
  },
  {
    what: 'one of another package, with a message for its logs',
    make: () => Object.assign(new ForeignScopeError('row 7 of secrets'), { stack: 'secret' }),
    expected: missingForExport,
  },
  {
    what: 'one of another package, with a description',
    make: () => Object.assign(new ForeignScopeError('x'), { description: 'Row 7 is locked' }),
    expected: missingBecause('Row 7 is locked'),
  },
  {
    what: 'one that names an unknown scope',
    make: () =>
      new InsufficientScopeError(['notes:write', 'secret:internal'], { description: 'secret' }),
    expected: notAllowed,
  },
];

export const FOREIGN_ERRORS: readonly (readonly [string, () => unknown])[] = [
  ['an Error', () => new Error('database down')],
  ['one with a status', () => Object.assign(new Error('gone'), { status: 410 })],
  ['one that names scopes only', () => Object.assign(new Error('x'), { requiredScopes: ['a'] })],
];

/** A reader's request to the plain route. */
export function ask(expected: Case['expected']): Case {
  return { name: 'ask', method: 'GET', target: '/export', token: 'reader', expected };
}

/** An MCP call by a reader whose handler throws `InsufficientScopeError('admin:notes')`. */
export const THROWN_IN_MCP: Case = {
  name: 'thrown in an MCP handler',
  token: 'reader',
  body: READ,
  expected: missing('read_notes', 'admin:notes', 'admin:notes notes:read', [
    { name: 'admin:notes', description: 'Purge notes' },
    { name: 'notes:read', description: 'Read notes' },
  ]),
};
