/**
 * Checks of refusals: no token, bad tokens, too few scopes, tokens in other places.
 *
 * @module
 */
import { checkChallenge, checkRefusals } from './challenges.js';
import { isSuccess } from './probe.js';
import type { Seen } from './probe.js';
import { NO_INSUFFICIENT_TOKEN } from './context.js';
import type { CheckContext } from './context.js';

/** The methods that are tried without a token. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

export async function checkAnswers({ probe, report }: CheckContext): Promise<boolean> {
  const seen = await probe.send();
  return report.record({
    ...{ check: 'an answer', ids: ['T04'] },
    holds: seen.status !== 0,
    seen: seen.summary,
    expected: 'an answer to a request without a token: no exception, in time',
    howToMend:
      'see that the server runs and the target is right; a gate itself neither throws nor hangs',
  });
}

export async function checkWithoutToken(context: CheckContext): Promise<void> {
  const { probe, report } = context;
  const seen = await probe.send();
  if (check401(context, 'no token', ['AH-7', 'AH-15', 'CH-1'], seen)) {
    checkChallenge(context, 'no token', seen);
    checkRefusals(context, 'no token', [seen]);
    checkNoError(context, 'no token', seen);
  }
  const basic = await probe.send({ headers: { authorization: 'Basic dXNlcjpwYXNz' } });
  if (check401(context, 'another scheme', ['AH-7'], basic))
    checkNoError(context, 'another scheme', basic);
  for (const method of METHODS) {
    if (method === probe.operation.method) continue;
    const other = await probe.send({ method });
    report.record({
      ...{ check: `no token, ${method}`, ids: ['AH-15', 'T31'] },
      holds: !isSuccess(other),
      seen: other.summary,
      expected: 'no success without a token, whatever the method',
      howToMend: 'guard every method of the path: app.all(path, protect(gate), ...)',
    });
  }
}

function checkNoError({ report }: CheckContext, check: string, { bearer, summary }: Seen): void {
  report.record({
    ...{ check: `${check}: no error is named`, ids: ['AH-7', 'T46'] },
    severity: 'should',
    holds: bearer?.params.has('error') !== true,
    seen: summary,
    expected: 'a challenge without error (RFC 6750 s3.1): some clients begin the login only then',
    howToMend: 'tell a missing token from an invalid one',
  });
}

/** Sends the good token in well-formed and malformed headers, so that a refusal is about the form. */
export async function checkSyntax(context: CheckContext): Promise<void> {
  const { probe, report, good } = context;
  if (good === undefined) return report.skip('forms of Authorization', 'no good token was given');
  probe.tokens.add(good);
  for (const scheme of ['bearer', 'BEARER']) {
    const seen = await probe.send({ headers: { authorization: `${scheme} ${good}` } });
    report.record({
      ...{ check: `the scheme written ${scheme}`, ids: ['AH-2'] },
      severity: 'should',
      holds: seen.status !== 401 && seen.status !== 400 && seen.status !== 0,
      seen: seen.summary,
      expected: 'scheme names are compared without case (RFC 9110 s11.1)',
      howToMend: 'read the header with parseAuthorization()',
    });
  }
  const forms: readonly [check: string, value: string, ids: readonly string[]][] = [
    ['two credentials in one header', `Bearer ${good}, Bearer ${good}`, ['AH-6', 'AH-17', 'T71']],
    ['a good token behind a bad one', `Bearer garbage, Bearer ${good}`, ['AH-6', 'AH-17', 'T71']],
    ['no token behind the scheme', 'Bearer', ['AH-11', 'T193']],
    ['a space in the token', `Bearer ${good} ${good}`, ['AH-16', 'T71', 'T193']],
    ['quotes around the token', `Bearer "${good}"`, ['AH-16', 'T71', 'T193']],
    ['no scheme', good, ['AH-16', 'T71', 'T193']],
  ];
  const refused: Seen[] = [];
  for (const [check, authorization, ids] of forms) {
    const seen = await probe.send({ headers: { authorization } });
    const isTwo = ids.includes('AH-6');
    report.record({
      ...{ check, ids },
      // A 400 refuses too, but the official clients begin a login only on a 401.
      severity: seen.status === 400 ? 'should' : 'must',
      holds: seen.status === 401 || (isTwo && seen.status === 400),
      seen: seen.summary,
      expected: isTwo
        ? '400 invalid_request, or 401 (RFC 6750 s2, s3.1)'
        : '401 (RFC 6750 s3.1): clients begin to log in on that alone',
      howToMend: 'read the header with parseAuthorization(): never split it on spaces',
    });
    if (!isSuccess(seen)) refused.push(seen);
  }
  checkRefusals(context, 'malformed credentials', refused);
}

/** Sends the good token in the query, a form and a cookie: no such request may succeed. */
export async function checkOtherWays(context: CheckContext): Promise<void> {
  const { probe, report, good } = context;
  if (good === undefined)
    return report.skip('other ways of sending a token', 'no good token was given');
  const { pathname, search } = new URL(probe.operation.url);
  // In a query or form, a bare + is a space (RFC 6750 s2.2 and s2.3, WHATWG URL s5.1).
  const encoded = encodeURIComponent(good);
  const query = `${pathname}${search}${search === '' ? '?' : '&'}access_token=${encoded}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const ways = [
    { check: 'a token in the query', ids: ['AH-4', 'T71'], sent: { path: query } },
    {
      ...{ check: 'a token in a form', ids: ['AH-5', 'T71'] },
      sent: { method: 'POST', headers: form, body: `access_token=${encoded}` },
    },
    {
      ...{ check: 'a token in a cookie', ids: ['T71'] },
      sent: { headers: { cookie: `access_token=${good}; token=${good}` } },
    },
  ];
  probe.tokens.add(good).add(encoded);
  for (const { check, ids, sent } of ways) {
    const seen = await probe.send(sent);
    report.record({
      ...{ check, ids },
      holds: !isSuccess(seen) && seen.status !== 0 && seen.status < 500,
      seen: seen.summary,
      expected: 'as without a token: URLs and forms end up in logs (RFC 9700 s4.3.2)',
      howToMend: 'take tokens from the Authorization header only',
    });
  }
}

export async function checkBadTokens(context: CheckContext): Promise<void> {
  const { probe, report, bad } = context;
  if (bad.length === 0) {
    return report.skip('bad tokens', 'neither an issuer nor a token was given');
  }
  const refused: Seen[] = [];
  for (const { name, token, why, ids, severity } of bad) {
    const check = `bad token: ${name}`;
    if (report.isExcluded(check)) continue;
    const seen = await probe.send({ token });
    // Servers refuse a header of this length without reading it (431), or as malformed.
    const isLong = token.length > 16_000 && seen.status >= 400 && seen.status < 500;
    // An unknown key may be a new one: a verifier that cannot look it up now answers 503 (AH-14).
    const isUndecided = ids.includes('JW-8') && seen.status === 503 && seen.bearer === undefined;
    report.record({
      ...{ check, ids: [...ids, 'AH-8', 'AH-10', 'JW-9'], severity },
      holds:
        isLong ||
        isUndecided ||
        (seen.status === 401 && seen.bearer?.params.get('error') === 'invalid_token'),
      seen: seen.summary,
      expected: `401 with error="invalid_token": ${why}`,
      howToMend: isSuccess(seen)
        ? 'verify with jwtVerifier({ issuer }) and let the gate compare the audience'
        : 'answer every token that does not hold with the one refusal for it',
    });
    if (!isSuccess(seen) && !isLong && !isUndecided) refused.push(seen);
  }
  checkRefusals(context, 'bad tokens', refused);
  const check = 'an expired token without scopes';
  const { expiredWithoutScopes: token } = context;
  if (token === undefined) return report.skip(check, 'only an issuer can make one');
  const seen = await probe.send({ token });
  report.record({
    ...{ check, ids: ['AH-10', 'T46'] },
    holds: seen.status === 401,
    seen: seen.summary,
    expected: '401: whether the token is valid is decided before its scopes',
    howToMend: 'verify the token before looking at its scopes',
  });
}

export async function checkGoodToken({ probe, report, good }: CheckContext): Promise<boolean> {
  if (good === undefined) {
    report.skip('a good token', 'neither an issuer nor a token was given');
    return true;
  }
  const seen = await probe.send({ token: good });
  if (seen.status === 401 && seen.bearer?.scheme === 'dpop') {
    const why =
      'the resource offers DPoP alone, and this check has no key: run it against the same gate without `required` of dpop()';
    report.skip('a good token', why);
    return false;
  }
  return report.record({
    ...{ check: 'a good token', ids: ['AH-1'] },
    holds: seen.status !== 401 && seen.status !== 403 && seen.status !== 0 && seen.status < 500,
    seen: seen.summary,
    expected: 'not refused, because the other checks prove little without a good token',
    howToMend:
      'check that issuer, audience and scopes of the test agree with the resource; explainToken() says which does not',
  });
}

export async function checkInsufficient(context: CheckContext): Promise<void> {
  const { probe, report, insufficient, scopes } = context;
  const check = 'too few scopes';
  if (insufficient === undefined || scopes.length === 0) {
    return report.skip(check, NO_INSUFFICIENT_TOKEN);
  }
  const seen = await probe.send({ token: insufficient });
  const refused = report.record({
    ...{ check, ids: ['AH-9', 'C403-1', 'C403-5'] },
    holds: seen.status === 403 && seen.bearer?.params.get('error') === 'insufficient_scope',
    seen: seen.summary,
    expected: '403 with error="insufficient_scope" (RFC 6750 s3.1)',
    howToMend: 'give the route a rule: protect(gate, scope), or a policy that names the operation',
  });
  if (!refused) return;
  checkChallenge(context, check, seen);
  checkRefusals(context, check, [seen]);
  const named = seen.bearer?.params.get('scope')?.split(' ') ?? [];
  report.record({
    ...{ check: `${check}: all of them are named`, ids: ['C403-2', 'SC-3'] },
    holds: scopes.every((scope) => named.includes(scope)),
    seen: seen.summary,
    expected: `scope with ${scopes.join(' ')}: everything that the operation needs, at once`,
    howToMend: 'name the whole rule in the challenge, not only the first scope that is missing',
  });
}

function check401(
  context: CheckContext,
  check: string,
  ids: readonly string[],
  seen: Seen,
): boolean {
  return context.report.record({
    ...{ check, ids },
    holds: seen.status === 401,
    seen: seen.summary,
    expected: '401 with a challenge (RFC 9110 s15.5.2)',
    howToMend: 'put the guard in front of the handler, on every method and path that reaches it',
  });
}
