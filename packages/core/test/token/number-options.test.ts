/** Options of `introspectionVerifier` and `staticTokens` that are numbers. */
import { describe, expect, test } from 'vitest';
import { staticTokens } from '../../src/index.js';
import { introspectionVerifier } from '../../src/token/introspection/index.js';

/** What an environment, a division and a typing mistake leave in the place of a number. */
const NO_NUMBERS = ['5', '', Number.NaN, Infinity, -Infinity, null, true, {}, [5], 5n];

interface NumberOption {
  readonly path: string;
  readonly make: (value: unknown) => unknown;
  readonly min: number;
  readonly max: number;
  /** The difference between two neighbours: 1 for integers. */
  readonly step: number;
  readonly unit: string;
}

const introspection = (options: object): unknown =>
  introspectionVerifier({
    endpoint: 'https://idp.example.com/introspect',
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 's' },
    ...options,
  });
const ofVerifier = (name: string, row: Omit<NumberOption, 'path' | 'make'>): NumberOption => ({
  path: `introspectionVerifier.${name}`,
  make: (value) => introspection({ [name]: value }),
  ...row,
});
const ofCache = (name: string, row: Omit<NumberOption, 'path' | 'make'>): NumberOption => ({
  path: `introspectionVerifier.cache.${name}`,
  make: (value) => introspection({ cache: { ttl: 60, negativeTtl: 0, [name]: value } }),
  ...row,
});

const OPTIONS: readonly NumberOption[] = [
  ofVerifier('clockTolerance', { min: 0, max: 60, step: 0.5, unit: 'seconds' }),
  ofVerifier('timeout', { min: 1, max: 2 ** 31 - 1, step: 0.5, unit: 'milliseconds' }),
  ofVerifier('maxConcurrentRequests', { min: 1, max: 65_536, step: 1, unit: 'requests' }),
  ofCache('ttl', { min: 0, max: 60, step: 0.5, unit: 'seconds' }),
  ofCache('negativeTtl', { min: 0, max: 60, step: 0.5, unit: 'seconds' }),
  ofCache('maxEntries', { min: 1, max: 2 ** 24, step: 1, unit: 'entries' }),
  ofCache('maxBytes', { min: 1, max: 2 ** 29, step: 0.5, unit: 'bytes' }),
  {
    path: 'staticTokens.clockTolerance',
    make: (clockTolerance) => staticTokens({ t: { scopes: [] } }, { clockTolerance } as never),
    ...{ min: 0, max: 60, step: 0.5, unit: 'seconds' },
  },
  {
    path: 'staticTokens: token 1, expiresAt',
    make: (expiresAt) => staticTokens({ t: { scopes: [], expiresAt } as never }),
    ...{ min: 0, max: 1e11 - 1, step: 0.5, unit: 'seconds since the epoch' },
  },
];

describe.each(OPTIONS)('$path', ({ path, make, min, max, step, unit }) => {
  const isInteger = step === 1;
  const what = `${isInteger ? 'an integer' : 'a number'} of ${unit} from ${min} to ${max}`;

  test('may be the smallest and the largest number, and one between [T187]', () => {
    for (const value of [min, min + step, max - step, max]) expect(() => make(value)).not.toThrow();
  });

  const refused = [...NO_NUMBERS, min - step, max + step, ...(isInteger ? [min + 0.5] : [])];
  test.each(refused)('is not %s [T187]', (value) => {
    expect(() => make(value)).toThrow(TypeError);
    expect(() => make(value)).toThrow(`${path}: expected ${what}`);
  });
});

test('introspectionVerifier.cache.negativeTtl is at most ttl [T187]', () => {
  const make = (negativeTtl: number) => () => introspection({ cache: { ttl: 1, negativeTtl } });
  expect(make(1)).not.toThrow();
  expect(make(1.5)).toThrow(
    'introspectionVerifier.cache.negativeTtl: expected a number of seconds from 0 to 1',
  );
});
