/**
 * Checks of requests that may bypass a guard: other spellings of the path, batches, preflights.
 *
 * @module
 */
import { parseObject } from '../parse-object.js';
import { isSuccess } from './probe.js';
import { NO_INSUFFICIENT_TOKEN } from './context.js';
import type { CheckContext } from './context.js';

const UNKNOWN_PATH = '/a-path-that-nobody-has-7f3a';

const SENDERS = ['without a token', 'with too few scopes'] as const;

export async function checkPaths({ probe, report, insufficient }: CheckContext): Promise<void> {
  const { pathname, search } = new URL(probe.operation.url);
  if (insufficient === undefined) {
    report.skip('other spellings of the path, with too few scopes', NO_INSUFFICIENT_TOKEN);
  }
  if (isSuccess(await probe.send({ path: UNKNOWN_PATH }))) {
    return report.skip('other spellings of the path', 'every path is answered with success');
  }
  for (const path of spellings(pathname)) {
    for (const who of SENDERS) {
      const token = who === 'without a token' ? undefined : insufficient;
      if (who !== 'without a token' && token === undefined) continue;
      const check = `the path written ${path}, ${who}`;
      if (!probe.sendsAsWritten(path + search)) {
        report.skip(check, 'never sent as it is written: URLs are normalized on the way');
        continue;
      }
      const seen = await probe.send({ path: path + search, ...(token !== undefined && { token }) });
      report.record({
        ...{ check, ids: ['AH-15', 'T32'] },
        holds: !isSuccess(seen),
        seen: seen.summary,
        expected: 'no success: every request that reaches the handler is authorized first',
        howToMend: 'guard the route itself (protect at the route), not a comparison of the path',
      });
    }
  }
}

/** The names of the checks of other spellings of a path. */
export function pathChecks(path: string): readonly string[] {
  return spellings(path).flatMap((form) =>
    SENDERS.map((who) => `the path written ${form}, ${who}`),
  );
}

/** Spellings that routers, proxies and file systems treat as the same path. */
function spellings(path: string): readonly string[] {
  const bare = path.replace(/\/$/, '');
  // Text at once behind an origin would change its host.
  const stem = bare === '' ? path : bare;
  const first = bare.slice(1, 2);
  const forms = [
    `${bare}/`,
    `/${path}`,
    `${bare}//`,
    `/x/..${path}`,
    `/.${path}`,
    `${stem};a=b`,
    `${stem}%2f`,
    `${stem}%00`,
    `${stem}?`,
    bare.toUpperCase(),
    ...(first === '' ? [] : [`/%${first.charCodeAt(0).toString(16)}${bare.slice(2)}`]),
  ];
  return [...new Set(forms)].filter(
    (form) => form !== path && form.startsWith('/') && form !== '/',
  );
}

/** Sends a JSON-RPC batch: a notification that needs no scope, then the operation. */
export async function checkBatch({
  probe,
  report,
  good,
  insufficient,
}: CheckContext): Promise<void> {
  const call = parseObject(probe.operation.body ?? '');
  // A GET is sent without its body.
  const hasBody = !['GET', 'HEAD'].includes(probe.operation.method);
  if (!hasBody || call === undefined || !Object.hasOwn(call, 'jsonrpc')) {
    return report.skip('batches', 'the operation is no JSON-RPC call');
  }
  const body = JSON.stringify([{ jsonrpc: '2.0', method: 'notifications/initialized' }, call]);
  const who = [
    { check: 'a batch without a token', token: undefined, statuses: [401, 400] },
    { check: 'a batch with too few scopes', token: insufficient, statuses: [400, 403] },
    { check: 'a batch with a good token', token: good, statuses: [400] },
  ];
  for (const { check, token, statuses } of who) {
    if (token === undefined && statuses[0] !== 401) {
      report.skip(
        check,
        statuses.includes(403) ? NO_INSUFFICIENT_TOKEN : 'no good token was given',
      );
      continue;
    }
    const seen = await probe.send({ body, ...(token !== undefined && { token }) });
    report.record({
      ...{ check, ids: ['T21'] },
      severity: token === good ? 'should' : 'must',
      holds: statuses.includes(seen.status),
      seen: seen.summary,
      expected: `status ${statuses.join(' or ')}: lists of messages are refused, so that none runs unauthorized`,
      howToMend: 'let the gate read the body: policy: mcpPolicy(...)',
    });
  }
}

export async function checkBrowsers(context: CheckContext): Promise<void> {
  const { probe, report } = context;
  const origin = 'https://client.test';
  const preflight = await probe.send({
    method: 'OPTIONS',
    body: null,
    headers: {
      origin,
      'access-control-request-method': probe.operation.method,
      'access-control-request-headers': 'authorization, content-type',
    },
  });
  report.record({
    ...{ check: 'a preflight', ids: ['T31', 'T48'] },
    holds: preflight.status !== 401 && preflight.status < 500 && preflight.status !== 0,
    seen: preflight.summary,
    expected: 'not 401: a browser sends no token with it (Fetch s4.8)',
    howToMend: 'let the gate answer preflights, or put the CORS middleware in front of the guard',
  });
  const allowed = preflight.headers.get('access-control-allow-origin');
  if (context.cors === false || (context.cors === undefined && allowed === null)) {
    return report.skip('CORS', 'the resource does not admit other origins');
  }
  const headers = preflight.headers.get('access-control-allow-headers') ?? '';
  report.record({
    ...{ check: 'a preflight: admits Authorization', ids: ['T48'] },
    holds: allowed !== null && /\bauthorization\b/i.test(headers),
    seen: `Access-Control-Allow-Origin: ${allowed ?? 'none'}, Access-Control-Allow-Headers: ${headers}`,
    expected:
      'Access-Control-Allow-Headers names Authorization: * does not cover it (Fetch s3.2.4)',
    howToMend: 'createGate({ cors: true })',
  });
  const refused = await probe.send({ headers: { origin } });
  const exposed = refused.headers.get('access-control-expose-headers') ?? '';
  report.record({
    ...{ check: 'CORS: the challenge can be read', ids: ['T48'] },
    holds:
      refused.headers.has('access-control-allow-origin') && /www-authenticate|\*/i.test(exposed),
    seen: `Access-Control-Allow-Origin: ${refused.headers.get('access-control-allow-origin') ?? 'none'}, Access-Control-Expose-Headers: ${exposed}`,
    expected:
      'Access-Control-Allow-Origin and Access-Control-Expose-Headers: WWW-Authenticate on a 401',
    howToMend: 'createGate({ cors: true }): without it a script cannot see why it was refused',
  });
  report.record({
    ...{ check: 'CORS: no credentials for everybody', ids: ['T48'] },
    holds: [preflight, refused].every(
      (seen) =>
        seen.headers.get('access-control-allow-credentials') !== 'true' ||
        !['*', origin].includes(seen.headers.get('access-control-allow-origin') ?? ''),
    ),
    seen: 'Access-Control-Allow-Credentials: true for any origin',
    expected: 'no Access-Control-Allow-Credentials: tokens come in a header, not in cookies',
    howToMend: 'leave credentials out of the CORS configuration',
  });
}
