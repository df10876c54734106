import { describe, expect, test } from 'vitest';
import { CheckError, createChecks } from '../src/checks.js';
import { createRecorder } from '../src/recorder.js';
import type { Exchange } from '../src/recorder.js';
import { createScreen, wrap, wrapChallenge } from '../src/screen.js';
import { startEnvironment } from '../src/environment.js';

const LONG_URL = 'http://localhost:65535/.well-known/oauth-protected-resource/mcp';

describe('screen', () => {
  test('breaks a challenge between parameters, and behind the = of a long one', () => {
    expect(wrapChallenge(`Bearer scope="a b", resource_metadata="${LONG_URL}", error="x"`)).toEqual(
      [
        '          WWW-Authenticate:',
        '            Bearer scope="a b",',
        '            resource_metadata=',
        `              "${LONG_URL}",`,
        '            error="x"',
      ],
    );
  });

  test('leaves commas and equals signs inside a value alone', () => {
    expect(wrapChallenge('Bearer error_description="a, b=c, d", scope="e"').slice(1)).toEqual([
      '            Bearer error_description="a, b=c, d",',
      '            scope="e"',
    ]);
  });

  test('wraps at 80 columns under the text', () => {
    const word = 'x'.repeat(36);
    expect(wrap('  * ', `${word} ${word} ${word}`)).toEqual([`  * ${word} ${word}`, `    ${word}`]);
    const fits = `${word} ${word} yy`;
    expect(`  * ${fits}`).toHaveLength(80);
    expect(wrap('  * ', fits)).toEqual([`  * ${fits}`]);
    expect(wrap('  * ', `${fits}y`)).toHaveLength(2);
  });

  test('keeps what it printed', () => {
    const printed: string[] = [];
    const screen = createScreen((line) => printed.push(line));
    screen.step('one');
    screen.action('two');
    screen.fact('three');
    expect(printed).toEqual(['', '1.  one', '', '          > two', '', '    = three']);
    expect(screen.lines).toEqual(printed);
  });
});

describe('checks', () => {
  test('count what held', () => {
    const checks = createChecks();
    checks.equal('a list', [1, { a: 2 }], [1, { a: 2 }]);
    checks.equal('nothing', undefined, undefined);
    expect(checks.held).toBe(2);
  });

  test.each([
    ['a number', 200, 403],
    ['a type', '200', 200],
    ['a longer list', ['a', 'b'], ['a']],
    ['an order', ['b', 'a'], ['a', 'b']],
    ['a missing member', {}, { a: undefined }],
  ])('throw on %s', (what, seen, expected) => {
    const checks = createChecks();
    expect(() => checks.equal(what, seen, expected)).toThrow(CheckError);
    expect(checks.held).toBe(0);
  });

  test('say what was expected and seen', () => {
    expect(() => createChecks().equal('the status', 200, 403)).toThrow(
      'the status\n  expected 403\n  saw      200',
    );
  });
});

describe('recorder', () => {
  test('records no token, code or identifier', async () => {
    const environment = await startEnvironment({ framework: 'express' });
    const exchanges: Exchange[] = [];
    const recorder = createRecorder((exchange) => exchanges.push(exchange));
    const fetchAs = recorder.fetchAs('client');
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };
    const params = { name: 'add_note', arguments: { text: 'secret' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    await fetchAs(environment.resource, { method: 'POST', headers, body });
    await fetchAs(`${environment.issuer}/auth/secret?code=secret&state=secret`);
    const form = { grant_type: 'authorization_code', code: 'secret', code_verifier: 'secret' };
    await fetchAs(`${environment.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    await environment.close();

    expect(JSON.stringify(exchanges)).not.toContain('secret');
    expect(exchanges).toMatchObject([
      { method: 'POST', path: '/mcp', about: 'tools/call add_note', status: 401 },
      { method: 'GET', path: '/auth/:id', about: '' },
      { method: 'POST', path: '/token', about: 'authorization_code' },
    ]);
    expect(exchanges[0]?.challenge).toMatch(/^Bearer error="invalid_token"/);
  });

  test('finds exchanges past and to come', async () => {
    const environment = await startEnvironment({ framework: 'hono' });
    const recorder = createRecorder(() => undefined);
    const fetchAs = recorder.fetchAs('browser');
    const coming = recorder.find(({ path }) => path === '/mcp');
    await fetchAs(`${environment.issuer}/jwks`);
    await fetchAs(environment.resource);
    await environment.close();
    expect(await coming).toMatchObject({ by: 'browser', method: 'GET', status: 401 });
    expect(await recorder.find(({ path }) => path === '/jwks')).toMatchObject({ status: 200 });
  });
});
