/**
 * The names of all checks of a resource, so that a misspelt one can be told. A test compares them with reports.
 *
 * @module
 */
import { CLAIM_ATTACKS } from '../adversarial/claims.js';
import { FORGERIES } from '../adversarial/forgeries.js';
import { OPAQUE_FORGERIES } from '../adversarial/opaque.js';
import { pathChecks } from './bypasses.js';
import { REFUSAL_CHECKS } from './challenges.js';
import { METHODS } from './refusals.js';

/** Returns the names, with those for other spellings of this path. */
export function namesOfChecks(path: string): ReadonlySet<string> {
  const attacks = [...CLAIM_ATTACKS, ...FORGERIES, ...OPAQUE_FORGERIES];
  return new Set([
    ...NAMES,
    ...attacks.map(({ name }) => `bad token: ${name}`),
    ...pathChecks(path),
  ]);
}

const NAMES: readonly string[] = [
  ...['an answer', 'a good token', 'an expired token without scopes'],
  ...['no token', 'another scheme', 'too few scopes', 'too few scopes: all of them are named'],
  ...METHODS.map((method) => `no token, ${method}`),
  ...['no token', 'another scheme'].map((check) => `${check}: no error is named`),
  ...['no token', 'too few scopes'].flatMap((check) => [
    `${check}: has a Bearer challenge`,
    `${check}: the challenge is in WWW-Authenticate`,
    `${check}: the challenge follows the grammar`,
    `${check}: simple readers read the same`,
    `${check}: names the metadata`,
  ]),
  ...['no token', 'bad tokens', 'malformed credentials', 'too few scopes'].flatMap((check) =>
    REFUSAL_CHECKS.map((name) => `${check}: ${name}`),
  ),
  ...['the scheme written bearer', 'the scheme written BEARER'],
  ...['two credentials in one header', 'a good token behind a bad one'],
  ...['no token behind the scheme', 'a space in the token', 'quotes around the token', 'no scheme'],
  ...['a token in the query', 'a token in a form', 'a token in a cookie'],
  ...['a batch without a token', 'a batch with too few scopes', 'a batch with a good token'],
  'metadata',
  ...['speaks for this resource', 'no empty members', 'names the authorization server'].map(
    (check) => `metadata: ${check}`,
  ),
  ...['asks for no refresh token', 'needs no token', 'HEAD', 'browsers may read it'].map(
    (check) => `metadata: ${check}`,
  ),
  'metadata: says how long it holds',
  ...['a preflight', 'a preflight: admits Authorization'],
  ...['CORS: the challenge can be read', 'CORS: no credentials for everybody'],
];
