/** Providers whose tokens may lack an audience leave out the warnings about it, and no others. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { authenticated, createGate } from '../../src/index.js';
import type { Provider } from '../../src/index.js';
import { clerk, cognito } from '../../src/providers/index.js';
import type { CommonOptions } from '../../src/providers/index.js';
import type { JwtWarning } from '../../src/token/jwt/index.js';
import { FIXTURES, NOW, RESOURCE, fetchFor, tokenOf } from '../support/provider-fixtures.js';

const POOL = 'eu-west-1_AbCdEf123';
const clock = (): number => NOW * 1000;

afterEach(() => void vi.restoreAllMocks());

const table: readonly (readonly [
  name: string,
  issuer: string,
  make: (options: CommonOptions) => Provider,
])[] = [
  [
    'Cognito',
    `https://cognito-idp.eu-west-1.amazonaws.com/${POOL}`,
    (options) => cognito({ userPoolId: POOL, clientIds: ['app1'], ...options }),
  ],
  [
    'Clerk',
    'https://clerk.example.com',
    (options) => clerk({ domain: 'clerk.example.com', clientIds: ['cl1'], ...options }),
  ],
];

describe.each(table)('%s', (name, issuer, make) => {
  const claims = { ...FIXTURES.find((one) => one.name.startsWith(name))?.claims, aud: undefined };
  const header = { typ: name === 'Clerk' ? 'at+jwt' : 'JWT' };

  async function statusWith(options: CommonOptions): Promise<number> {
    const provider = make({ clock, fetch: fetchFor(issuer), ...options });
    const gate = createGate({ resource: RESOURCE, provider, scopes: ['x'], clock });
    const headers = { authorization: `Bearer ${await tokenOf({ header, claims })}` };
    const decision = await gate.check(new Request(RESOURCE, { headers }), authenticated());
    return decision.allowed ? 200 : decision.status;
  }

  test('an accepted token without an audience is no warning', async () => {
    const warnings: JwtWarning[] = [];
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(await statusWith({ onWarning: (one) => void warnings.push(one) })).toBe(200);
    expect(await statusWith({})).toBe(200);
    expect(warnings).toEqual([]);
    expect(printed).not.toHaveBeenCalled();
  });

  test('keys that verify no token are one, also on the console', async () => {
    const warnings: JwtWarning[] = [];
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const options = { jwks: { keys: [] } };
    await statusWith({ ...options, onWarning: (one) => void warnings.push(one) });
    expect(warnings.map(({ code }) => code)).toEqual(['no_usable_key']);
    expect(printed).not.toHaveBeenCalled();
    await statusWith(options);
    expect(printed.mock.calls).toEqual([[`jwtVerifier: ${warnings[0]?.message}`]]);
  });

  test('`onWarning` that is no function is refused [T187]', () => {
    const wrong = { onWarning: 'log' as never };
    expect(() => make(wrong)).toThrow(`${name.toLowerCase()}.onWarning: `);
  });
});
