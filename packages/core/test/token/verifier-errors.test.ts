/** What an error of a verifier says, whatever made it. */
import { expect, test } from 'vitest';
import { InsufficientScopeError } from '../../src/index.js';
import { saysInsufficientScope, saysInvalid, wordsOf } from '../../src/token/verifier-errors.js';

const bare = (members: object): object => Object.assign(Object.create(null) as object, members);
class TokenExpiredError extends Error {}

test.each<readonly [what: string, error: unknown, isInvalid: boolean]>([
  ['a code', Object.assign(new Error('x'), { code: 'ERR_JWT_EXPIRED' }), true],
  ['a code of an object without a prototype', bare({ code: 'ERR_JWT_EXPIRED' }), true],
  ['a code in front', Object.assign(new Error('x'), { code: 'X ERR_JWT_EXPIRED' }), false],
  ['a fetch that timed out', Object.assign(new Error('x'), { code: 'ERR_JWKS_TIMEOUT' }), false],
  ['the name of a class', new TokenExpiredError('jwt expired'), true],
  ['the same words of another class', new Error('TokenExpiredError: jwt expired'), false],
  [
    'an error within another',
    { code: 'FAST_JWT_VERIFY_ERROR', originalError: { code: 'FAST_JWT_EXPIRED' } },
    true,
  ],
  ['an outage within it', { code: 'FAST_JWT_VERIFY_ERROR', originalError: new Error('x') }, false],
  ['a text', 'ERR_JWT_EXPIRED', false],
  ['nothing', undefined, false],
])('%s: invalid is %s', (_what, error, isInvalid) => {
  expect(saysInvalid(error)).toBe(isInvalid);
});

test('too few scopes is said by a code or by a name', () => {
  expect(saysInsufficientScope(new InsufficientScopeError('a'))).toBe(true);
  expect(saysInsufficientScope({ errorCode: 'insufficient_scope' })).toBe(true);
  expect(saysInsufficientScope({ code: 'an insufficient_scope' })).toBe(false);
  expect(saysInsufficientScope(new Error('insufficient_scope'))).toBe(false);
});

test('the words of an error are its codes, and its names with its message', () => {
  const error = Object.assign(new TokenExpiredError('late'), { code: 'A', name: 'B' });
  expect(wordsOf(error)).toEqual(['A', 'B: late', 'TokenExpiredError: late', 'Error: late']);
  expect(wordsOf(bare({ name: 'B' }))).toEqual(['B: ']);
  expect(wordsOf(7)).toEqual(['undefined: ']);
});

test('what cannot be read says nothing', () => {
  const error = Object.defineProperty(new Error('x'), 'code', {
    get: () => {
      throw new Error('y');
    },
  });
  expect([saysInvalid(error), saysInsufficientScope(error), wordsOf(error)]).toEqual([
    false,
    false,
    [],
  ]);
});
