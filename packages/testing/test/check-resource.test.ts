import { serveFetch } from '../../adapter-testkit/src/index.js';
import { describe, expect, test } from 'vitest';
import { authenticated } from '@scopegate/core';
import { dpop, memoryReplayStore } from '@scopegate/core/dpop';
import {
  adversarialTokens,
  checkResource,
  createTestIssuer,
  formatFindings,
} from '../src/index.js';
import type { ResourceReport } from '../src/index.js';
import { namesOfChecks } from '../src/resource/names.js';
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
      'a batch with too few scopes',
      'a batch with a good token',
      'other ways of sending a token',
      'other spellings of the path, with too few scopes',
      'the path written /x/../mcp, without a token',
      'the path written /./mcp, without a token',
      'CORS',
    ]);
  });
});

describe('the faults of a broken resource are found', () => {
  test.each(FAULTS)('%s', async (what, handler, finds) => {
    const timeout = what === 'no answer' ? 100 : 5000;
    expect(await names(handler, { ...asking, timeout })).toEqual(
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

const skippedOf = ({ skipped }: ResourceReport): readonly string[] =>
  skipped.map(({ check }) => check);

describe('a check that proves nothing is listed as skipped', () => {
  test.each([[undefined], [[]]])('scopes %j: no token is one with too few', async (scopes) => {
    const anyToken = gateWith().fetch(done, authenticated());
    const report = await checkResource(anyToken, {
      issuer,
      body: call,
      ...(scopes !== undefined && { scopes }),
    });
    expect(report.findings.map(({ check }) => check)).toEqual(['a batch with a good token']);
    expect(report.passed.filter((check) => check.endsWith('too few scopes'))).toEqual([]);
    expect(skippedOf(report)).toEqual(
      expect.arrayContaining([
        'too few scopes',
        'a batch with too few scopes',
        'other spellings of the path, with too few scopes',
      ]),
    );
  });

  test('a path that is not sent as it is written', async () => {
    const paths: string[] = [];
    const server = await serveFetch((request) => {
      paths.push(request.url.slice(new URL(request.url).origin.length));
      return guarded(request);
    });
    const written = ({ passed }: ResourceReport): readonly string[] =>
      passed.flatMap((check) => /^the path written (.*), with/.exec(check)?.[1] ?? []);
    try {
      const report = await checkResource(server.url, asking);
      expect(written(report).length).toBeGreaterThan(10);
      for (const path of written(report)) expect(paths).toContain(path);
      expect(written(report)).not.toContain('/mcp?');
      for (const path of ['/x/../mcp', '/./mcp', '/mcp?']) {
        expect(report.skipped).toContainEqual({
          check: `the path written ${path}, without a token`,
          why: expect.stringContaining('never sent as it is written') as string,
        });
      }
    } finally {
      await server.close();
    }
    const inProcess = await checkResource(guarded, asking);
    expect(written(inProcess)).toContain('/mcp?');
    expect(written(inProcess)).not.toContain('/./mcp');
  });

  test('at the root of an origin, every path begins with a slash', async () => {
    const seen = new Set<string>();
    const root = createTestIssuer({ resource: 'https://notes.example.com' });
    const gate = gateWith({ resource: root.resource, verifier: root.verifier() });
    const report = await checkResource(
      (request) => {
        seen.add(request.url);
        return gate.fetch(done)(request);
      },
      { ...asking, issuer: root },
    );
    const hosts = new Set([...seen].map((url) => new URL(url).host));
    expect([...hosts]).toEqual(['notes.example.com']);
    for (const check of report.passed.filter((name) => name.startsWith('the path written '))) {
      const path = /^the path written (.*), with/.exec(check)?.[1] ?? 'none';
      expect(seen).toContain(root.resource + path);
    }
  });

  test('answers that were never asked for', async () => {
    const report = await checkResource(guarded, { resource, body: call });
    expect(report.passed.filter((check) => check.startsWith('bad tokens'))).toEqual([]);
    const open = await checkResource(done, asking);
    expect(open.passed.filter((check) => check.startsWith('malformed credentials'))).toEqual([]);
    expect(skippedOf(open)).toContain('malformed credentials: no answer is cached');
    const token = await issuer.mintToken({ scopes: ['notes:write'] });
    const withoutIssuer = await checkResource(guarded, { resource, token, body: call });
    expect(skippedOf(withoutIssuer)).toContain('an expired token without scopes');
    const silent: Handler = async (request) => {
      const response = await guarded(request);
      if (response.status === 401 && request.headers.has('authorization')) throw new Error('boom');
      return response;
    };
    const { findings, skipped } = await checkResource(silent, asking);
    const cached = 'bad tokens: no answer is cached';
    expect(findings.map(({ check }) => check)).not.toContain(cached);
    expect(skipped).toContainEqual({ check: cached, why: 'nothing was refused' });
  });

  test('a batch that a GET would not carry', async () => {
    const report = await checkResource(guarded, { ...asking, method: 'GET' });
    expect(skippedOf(report)).toContain('batches');
    expect(report.passed.filter((check) => check.startsWith('a batch'))).toEqual([]);
  });
});

describe('requests arrive as they are meant', () => {
  const opaque = 'opaque+token/with==';
  const counts =
    (sent: string | null, answer = guarded): Handler =>
    (request) =>
      sent === opaque ? done() : answer(request);

  test('an opaque token with + in the query and in a form [T71]', async () => {
    const handler: Handler = async (request) => {
      const isForm = request.headers.get('content-type')?.includes('form') === true;
      const form = new URLSearchParams(isForm ? await request.clone().text() : '');
      const query = new URL(request.url).searchParams;
      const value = request.headers.get('authorization')?.replace(/^bearer /i, '') ?? null;
      return counts(query.get('access_token') ?? form.get('access_token') ?? value)(request);
    };
    const { findings } = await checkResource(handler, { resource, token: opaque, body: call });
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['a token in the query', 'a token in a form']),
    );
  });

  test('an answer that repeats the token of the query is shown without it [T72]', async () => {
    const handler = changed((response, { url }) =>
      url.includes('access_token')
        ? new Response(null, { headers: { 'www-authenticate': `Bearer realm="${url}"` } })
        : response,
    );
    const report = await checkResource(handler, { resource, token: opaque, body: call });
    expect(report.findings.map(({ check }) => check)).toContain('a token in the query');
    expect(JSON.stringify(report)).not.toMatch(/opaque(?:\+|%2B)token/);
  });

  test('header names in any case', async () => {
    const types = new Set<string | null>();
    const seen = new Set<string | null>();
    await checkResource(
      (request) => {
        if (request.method === 'POST') types.add(request.headers.get('content-type'));
        seen.add(request.headers.get('x-notes'));
        return guarded(request);
      },
      { ...asking, headers: { 'Content-Type': 'application/json', 'X-Notes': 'a' } },
    );
    expect([...types]).toEqual(['application/json', 'application/x-www-form-urlencoded']);
    expect(seen).toContain('a');
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

  for (const identifier of ['http://notes.example.com/mcp', `${resource}#part`]) {
    let requests = 0;
    const counting: Handler = (request) => {
      requests += 1;
      return guarded(request);
    };
    await expect(checkResource(counting, { ...asking, resource: identifier })).rejects.toThrow(
      TypeError,
    );
    expect(requests).toBe(0);
  }
});

describe('names in except', () => {
  test.each([
    ['bad token: typ JTW', 'checkResource.except: "bad token: typ JTW" is not the name of a check'],
    ['batches', 'checkResource.except: "batches" is not the name of a check'],
  ])('%s is refused before anything is sent', async (name, says) => {
    let requests = 0;
    const counting: Handler = (request) => {
      requests += 1;
      return guarded(request);
    };
    const checking = checkResource(counting, { ...asking, except: ['no token', name] });
    await expect(checking).rejects.toThrow(TypeError);
    await expect(checking).rejects.toThrow(says);
    expect(requests).toBe(0);
  });

  test('the names of all checks are known', async () => {
    const handler = gateWith({ cors: true }).fetch(done);
    const { passed, skipped } = await checkResource(handler, asking);
    const opaque = await adversarialTokens({ token: 'opaque-token' });
    const except = [
      ...passed,
      ...skipped.map(({ check }) => check),
      ...FAULTS.flatMap(([, , finds]) => finds),
      ...opaque.map(({ name }) => `bad token: ${name}`),
    ];
    const left = await checkResource(handler, { ...asking, except });
    expect(left.passed).toEqual([]);
    expect(left.findings).toEqual([]);
    const unknown = [...namesOfChecks('/mcp')].filter((name) => !except.includes(name));
    expect(unknown).toEqual(['no token, POST']); // the operation's own method
  });
});
