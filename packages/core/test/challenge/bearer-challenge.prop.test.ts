import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearerChallenge, parseChallenges } from '../../src/index.js';
import type { BearerChallengeOptions } from '../../src/index.js';
import { anyDescription, bearerOptions, hostileText } from '../http/arbitraries.js';

const MANY = { numRuns: 2000 };
const PARAMETER = /(?:scope|error|error_description|error_uri|resource_metadata)\s*=/i;

/** The wire name of each option whose value is written as it is. */
function literal(options: BearerChallengeOptions): Record<string, string> {
  const { error, scope, resourceMetadata, acrValues, maxAge, realm, errorUri } = options;
  const joined = (scopes: BearerChallengeOptions['scope']): string | undefined =>
    scopes === undefined ? undefined : [...new Set(scopes)].join(' ');
  const all = {
    error,
    scope: joined(scope),
    resource_metadata: resourceMetadata,
    acr_values: joined(acrValues),
    max_age: maxAge === undefined ? undefined : String(maxAge),
    realm,
    error_uri: errorUri,
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

describe('a Bearer challenge', () => {
  test('parses strictly to one challenge with the same parameters, whatever the description [CH-6, CH-7, CH-9, T40]', () => {
    fc.assert(
      fc.property(bearerOptions, (options) => {
        const whole = bearerChallenge({ ...options, maxLength: 1e6 });
        const challenges = parseChallenges(whole, { strict: true });
        expect(challenges).toHaveLength(1);
        const { error_description: description = '', ...others } = Object.fromEntries(
          challenges[0]?.params ?? [],
        );
        expect(challenges[0]?.scheme).toBe('bearer');
        expect(others).toEqual(literal(options));
        expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
        expect(description).not.toMatch(PARAMETER);
      }),
      MANY,
    );
  });

  test('is a legal field value of printable ASCII, one line [CH-9, T40]', () => {
    fc.assert(
      fc.property(bearerOptions, (options) => {
        const text = bearerChallenge(options);
        expect(text).toMatch(/^Bearer [\x20-\x7e]+$/);
        expect(new Headers({ 'www-authenticate': text }).get('www-authenticate')).toBe(text);
      }),
      MANY,
    );
  });

  test('a description keeps its letters and digits, and made safe once it stays as it is', () => {
    const write = (errorDescription: string): string => {
      const [found] = parseChallenges(
        bearerChallenge({ realm: 'r', errorDescription, maxLength: 1e6 }),
      );
      return found?.params.get('error_description') ?? '';
    };
    const letters = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, '');
    fc.assert(
      fc.property(fc.oneof(anyDescription, hostileText), (text) => {
        const written = write(text);
        expect(letters(written)).toBe(letters(text));
        expect(write(written)).toBe(written);
        expect(written).toBe(written.trim());
      }),
      MANY,
    );
  });

  test('any other text is written as it is, or refused [CH-7, CH-9, CH-11, T40]', () => {
    const name = fc.constantFrom(
      'error',
      'realm',
      'resourceMetadata',
      'errorUri',
      'scope',
      'acrValues',
    );
    fc.assert(
      fc.property(name, fc.oneof(hostileText, anyDescription, fc.webUrl()), (option, value) => {
        const list = option === 'scope' || option === 'acrValues';
        const options: BearerChallengeOptions = { maxAge: 1, [option]: list ? [value] : value };
        let text: string;
        try {
          text = bearerChallenge(options);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        const challenges = parseChallenges(text, { strict: true });
        expect(challenges).toHaveLength(1);
        expect(Object.fromEntries(challenges[0]?.params ?? [])).toEqual(literal(options));
        expect(value).not.toMatch(PARAMETER);
      }),
      MANY,
    );
  });

  test('a limit leaves out the description, then the scope, and nothing else [T41]', () => {
    fc.assert(
      fc.property(bearerOptions, fc.nat(400), (options, maxLength) => {
        const params = (limit: number): string[] => {
          const [found] = parseChallenges(bearerChallenge({ ...options, maxLength: limit }));
          return [...(found?.params.keys() ?? [])];
        };
        const whole = params(1e6);
        const short = params(maxLength);
        const without = (...names: string[]): string[] =>
          whole.filter((name) => !names.includes(name));
        const text = bearerChallenge({ ...options, maxLength });
        expect([
          whole,
          without('error_description'),
          without('error_description', 'scope'),
        ]).toContainEqual(short);
        if (text.length > maxLength) {
          expect(short).toEqual(without('error_description', 'scope'));
        }
      }),
      MANY,
    );
  });
});
