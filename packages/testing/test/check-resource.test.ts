import { serveFetch } from '../../adapter-testkit/src/index.js';
import { describe, expect, test } from 'vitest';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import { checkResource, createTestIssuer, formatFindings } from '../src/index.js';
import type { ResourceReport } from '../src/index.js';
import {
  FAULTS,
  asking,
  bypass,
  call,
  challengeOf,
  changed,
  done,
  gateWith,
  guarded,
  issuer,
  lax,
  resource,
  rewritten,
  withHeader,
} from './support/faulty-handlers.js';
import type { Handler } from './support/faulty-handlers.js';

async function names(handler: Handler | string, options = asking): Promise<readonly string[]> {
  const { findings } = await checkResource(handler, options);
  return findings.map(({ check }) => check);
}

describe('a guarded resource has no faults', () => {
  test.each([
    ['an MCP endpoint', guarded, asking],
    ['one that browsers may call', gateWith({ cors: true }).fetch(done), { ...asking, cors: true }],
    [
      'a plain route',
      gateWith().fetch(done, 'notes:write'),
      { issuer, scopes: ['notes:write'], path: '/mcp/export?all=1' },
    ],
  ])('%s', async (_what, handler, options) => {
    const report = await checkResource(handler, options);
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.passed.length).toBeGreaterThan(120);
  });

  test('one that accepts DPoP, too [DP-12]', async () => {
    const gate = gateWith({ dpop: dpop({ replay: memoryReplayStore() }) });
    const report = await checkResource(gate.fetch(done), asking);
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.passed.length).toBeGreaterThan(120);
  });

  test('one that accepts DPoP alone: says what was not tried [DP-12]', async () => {
    const gate = gateWith({ dpop: dpop({ required: true, replay: memoryReplayStore() }) });
    const report = await checkResource(gate.fetch(done), asking);
    expect(report.findings, formatFindings(report)).toEqual([]);
    expect(report.skipped).toContainEqual({
      check: 'a good token',
      why: expect.stringContaining('without `required` of dpop()') as string,
    });
    expect(report.passed).toContain('no token: names the metadata');
  });

  test('one at the root of its origin', async () => {
    const root = createTestIssuer({ resource: 'https://notes.example.com' });
    const gate = gateWith({ resource: root.resource, verifier: root.verifier() });
    const report = await checkResource(gate.fetch(done), {
      ...asking,
      issuer: root,
    });
    expect(report.findings, formatFindings(report)).toEqual([]);
  });

  test('a running server, with a token alone', async () => {
    const server = await serveFetch(guarded);
    try {
      const report = await checkResource(server.url, {
        resource,
        token: await issuer.mintToken({ scopes: ['notes:write'] }),
        insufficientToken: await issuer.mintToken(),
        scopes: ['notes:write'],
        body: call,
      });
      expect(report.findings, formatFindings(report)).toEqual([]);
      expect(report.passed.length).toBeGreaterThan(90);
    } finally {
      await server.close();
    }
  });

  test('checks that cannot run are listed as skipped', async () => {
    const { findings, skipped } = await checkResource(guarded, { resource, body: call });
    expect(findings).toEqual([]);
    expect(skipped.map(({ check }) => check)).toEqual([
      'a good token',
      'bad tokens',
      'too few scopes',
      'forms of Authorization',
      'other ways of sending a token',
      'CORS',
    ]);
  });
});

describe('the faults of a broken resource are found', () => {
  test.each(FAULTS)('%s', async (_what, handler, finds) => {
    expect(await names(handler, { ...asking, timeout: 100 })).toEqual(
      expect.arrayContaining([...finds]),
    );
  });

  test('a renamed challenge is the one finding of each refusal, and says who renames it [CH-1]', async () => {
    const handler = changed((response) => {
      const value = challengeOf(response);
      if (value === '') return response;
      const renamed = withHeader(response, 'x-amzn-remapped-www-authenticate', value);
      return withHeader(renamed, 'www-authenticate', null);
    });
    const { findings } = await checkResource(handler, asking);
    expect(findings.map(({ check }) => check)).toEqual([
      'too few scopes: the challenge is in WWW-Authenticate',
      'no token: the challenge is in WWW-Authenticate',
    ]);
    for (const { seen, howToMend } of findings) {
      expect(seen).toContain('x-amzn-remapped-www-authenticate: Bearer ');
      expect(howToMend).toContain('AWS API Gateway');
    }
  });

  test('one fault gives one finding', async () => {
    const handler = bypass(({ method }) => method === 'HEAD');
    expect(await names(handler)).toEqual(['no token, HEAD']);
  });

  test('every finding says what to do, and none contains a token [T72]', async () => {
    const echo: Handler = (request) =>
      new Response(null, {
        status: 401,
        headers: {
          'www-authenticate': `Bearer error_description="${String(request.headers.get('authorization'))}"`,
        },
      });
    for (const handler of [done, echo]) {
      const report = await checkResource(handler, asking);
      expect(report.findings.length).toBeGreaterThanOrEqual(5);
      for (const { seen, expected, howToMend, ids } of report.findings) {
        for (const text of [seen, expected, howToMend, ids.join()]) expect(text).not.toBe('');
      }
      expect(formatFindings(report) + JSON.stringify(report)).not.toMatch(/eyJ|[\w-]{40,}/);
    }
  });
});

test('deliberate exceptions are listed', async () => {
  const except = ['bad token: typ JWT', 'bad token: ID token'];
  const { findings, skipped } = await checkResource(lax({ typ: ['at+jwt', 'JWT'] }), {
    ...asking,
    except,
  });
  expect(findings).toEqual([]);
  expect(
    skipped
      .slice(0, 2)
      .map(({ check }) => check)
      .toSorted(),
  ).toEqual(except.toSorted());
});

test('a report in words', async () => {
  const report: ResourceReport = await checkResource(
    rewritten(() => null),
    { resource, body: call },
  );
  expect(formatFindings(report)).toBe(
    [
      'MUST  no token: has a Bearer challenge  [CH-1, CH-6, T43]',
      '      seen      status 401, no WWW-Authenticate',
      '      expected  WWW-Authenticate with exactly one Bearer challenge (RFC 6750 s3)',
      '      to mend   write the refusal that the gate decided on unchanged, and let nothing behind it remove or append the header',
      '',
      ...report.skipped.map(({ check, why }) => `skipped  ${check}: ${why}`),
      `1 found, ${report.passed.length} passed, ${report.skipped.length} skipped`,
    ].join('\n'),
  );
});

test('options without a valid URL are refused', async () => {
  await expect(checkResource(done)).rejects.toThrow('checkResource.resource');
  await expect(checkResource(done, { resource: '/mcp' })).rejects.toThrow(TypeError);
  await expect(checkResource('notes', { resource })).rejects.toThrow('a fetch handler or a URL');
});
