import * as fc from 'fast-check';
import type { BearerChallengeOptions } from '../../src/index.js';

const TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

const text = (characters: string, minLength: number, maxLength = 12): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(characters)), minLength, maxLength });

export const printable = Array.from({ length: 95 }, (_, index) =>
  String.fromCharCode(0x20 + index),
).join('');
const scopeCharacters = Array.from(printable)
  .filter((c) => !' "\\'.includes(c))
  .join('');

/** A token in lower case, as parsing leaves schemes and names. */
export const token: fc.Arbitrary<string> = text(TCHAR, 1);

/** The characters that matter to the grammar, far more often than chance would bring them. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(...Array.from(' \t,="\\;:/abzAZ09+~\u00a0\u00e9\0\r\n')),
    maxLength: 60,
  }),
  fc
    .array(
      fc.constantFrom(
        ...[
          'Bearer',
          'bearer ',
          'Basic',
          ' scope=',
          '"a b"',
          'error="x"',
          ', ',
          ',',
          ' ',
          '\t',
          '=',
        ],
        ...[
          '"',
          '\\"',
          '\\',
          'YQ==',
          'https://h/',
          'a',
          'realm',
          ' = ',
          ';',
          '\u00e9',
          'DPoP algs=x',
        ],
      ),
      { maxLength: 24 },
    )
    .map((parts) => parts.join('')),
);

/** Any text, with the words that unanchored readers look for strewn in. */
export const anyDescription: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.constantFrom(
        ...[
          'scope=',
          'SCOPE =',
          'error=',
          'error',
          '_description',
          '=',
          ' ',
          '\t',
          '"',
          '\\',
          '\r\n',
        ],
        ...['resource_metadata=', 'error_uri=', 'Bearer ', ', ', 'DPoP', '\u00a0', '\u2028', '\0'],
      ),
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(''));

const PARAMETER = /(?:scope|error|error_description|error_uri|resource_metadata)\s*=/i;
const unmistakable = (value: string): boolean => !PARAMETER.test(value);

export const scopeToken: fc.Arbitrary<string> = fc.oneof(
  text(scopeCharacters, 1).filter(unmistakable),
  text(LETTERS, 1),
  fc.constantFrom('notes:read', 'https://h/a', '__proto__', '*'),
);

const url = fc
  .webUrl({ withQueryParameters: true, withFragments: true })
  .filter((value) => unmistakable(value) && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value));

/** Everything that `bearerChallenge` can be told and does not refuse. */
export const bearerOptions: fc.Arbitrary<BearerChallengeOptions> = fc
  .record(
    {
      error: fc.constantFrom('invalid_token', 'insufficient_scope', 'invalid_request', 'x'),
      scope: fc.array(scopeToken, { maxLength: 6 }),
      resourceMetadata: url,
      errorDescription: anyDescription,
      realm: text(scopeCharacters, 1).filter(unmistakable),
      errorUri: url,
      acrValues: fc.array(scopeToken, { minLength: 1, maxLength: 3 }),
      maxAge: fc.nat(),
      maxLength: fc.constantFrom(0, 50, 100, 4096),
    },
    { requiredKeys: [] },
  )
  .map((options) => ({ ...options, realm: options.realm ?? 'r' }));

/** A challenge that follows the grammar, in the form that parsing gives it. */
export const challenge: fc.Arbitrary<{
  scheme: string;
  params: Map<string, string>;
  token68?: string;
}> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      scheme: fc.oneof(token, fc.constantFrom('bearer', 'basic', 'dpop', 'digest')),
      params: fc
        .uniqueArray(fc.tuple(token, text(printable, 0)), {
          minLength: 1,
          maxLength: 5,
          selector: ([name]) => name,
        })
        .map((entries) => new Map(entries)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      scheme: token.filter((scheme) => scheme !== 'bearer'),
      params: fc.constant(new Map<string, string>()),
      token68: fc
        .tuple(text(`${LETTERS}-._~+/`, 1), text('=', 0, 4))
        .map(([start, padding]) => start + padding),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      scheme: token.filter((scheme) => scheme !== 'bearer'),
      params: fc.constant(new Map<string, string>()),
    }),
  },
);
