/** The request of RFC 9449 figures 12 and 13, at its own time. */
import { expect, test } from 'vitest';
import { createGate } from '../../../src/index.js';
import type { GateRequest } from '../../../src/index.js';
import { dpop, memoryReplayStore } from '../../../src/token/dpop/index.js';

const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
const PROOF = [
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklD',
  'UkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2',
  'R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM',
  '6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8',
  'ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1ple',
  'mAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
].join('');
/** The thumbprint of RFC 9449 figure 9. */
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const IAT = 1562262618;

function check(seconds: number, method = 'GET', url = '/protectedresource') {
  const clock = (): number => seconds * 1000;
  const gate = createGate({
    resource: 'https://resource.example.org/protectedresource',
    verifier: (token) =>
      token === TOKEN ? { claims: { scope: 'a', cnf: { jkt: JKT } } } : undefined,
    scopes: ['a'],
    dpop: dpop({ replay: memoryReplayStore({ clock }) }),
    clock,
  });
  const headers: Record<string, string> = { authorization: `DPoP ${TOKEN}`, dpop: PROOF };
  const request: GateRequest = { method, url, headers: { get: (name) => headers[name] ?? null } };
  return gate.check(request, 'a');
}

test('the example verifies at its time [DP-1, DP-2, DP-3, DP-5, DP-6]', async () => {
  expect(await check(IAT)).toMatchObject({ allowed: true });
});

test.each([
  ['later', IAT + 301, 'GET', '/protectedresource'],
  ['with another method', IAT, 'POST', '/protectedresource'],
  ['at another path', IAT, 'GET', '/protectedresource/x'],
])('and not %s', async (_, seconds, method, url) => {
  expect(await check(seconds, method, url)).toMatchObject({ reason: 'invalid_dpop_proof' });
});
