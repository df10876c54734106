/**
 * Who is refused, and how: no token, bad tokens, too few scopes.
 *
 * @module
 */
import { judgeChallenge, judgeRefusals } from './challenges.js';
import { isThrough } from './probe.js';
import type { Seen } from './probe.js';
import type { World } from './world.js';

export async function checkAnswers({ probe, report }: World): Promise<boolean> {
  const seen = await probe.send();
  return report.judge({
    ...{ check: 'an answer', ids: ['T04'] },
    holds: seen.status !== 0,
    seen: seen.summary,
    expected: 'an answer to a request without a token: no exception, in time',
    howToMend:
      'see that the server runs and the target is right; a gate itself neither throws nor hangs',
  });
}

export async function checkWithoutToken(world: World): Promise<void> {
  const { probe, report } = world;
  const seen = await probe.send();
  if (judge401(world, 'no token', ['AH-7', 'AH-15', 'CH-1'], seen)) {
    judgeChallenge(world, 'no token', seen);
    judgeRefusals(world, 'no token', [seen]);
    judgeNoError(world, 'no token', seen);
  }
  const basic = await probe.send({ headers: { authorization: 'Basic dXNlcjpwYXNz' } });
  if (judge401(world, 'another scheme', ['AH-7'], basic))
    judgeNoError(world, 'another scheme', basic);
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    if (method === probe.operation.method) continue;
    const other = await probe.send({ method });
    report.judge({
      ...{ check: `no token, ${method}`, ids: ['AH-15', 'T31'] },
      holds: !isThrough(other),
      seen: other.summary,
      expected: 'no success without a token, whatever the method',
      howToMend: 'guard every method of the path: app.all(path, protect(gate), ...)',
    });
  }
}

function judgeNoError({ report }: World, check: string, { bearer, summary }: Seen): void {
  report.judge({
    ...{ check: `${check}: no error is named`, ids: ['AH-7', 'T46'] },
    severity: 'should',
    holds: bearer?.params.has('error') !== true,
    seen: summary,
    expected: 'a challenge without error (RFC 6750 s3.1): some clients begin the login only then',
    howToMend: 'tell a missing token from an invalid one',
  });
}

/** Each with the good token, so that what is refused is the form alone. */
export async function checkSyntax(world: World): Promise<void> {
  const { probe, report, good } = world;
  if (good === undefined) return report.skip('forms of Authorization', 'no good token was given');
  probe.tokens.add(good);
  for (const scheme of ['bearer', 'BEARER']) {
    const seen = await probe.send({ headers: { authorization: `${scheme} ${good}` } });
    report.judge({
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
    report.judge({
      ...{ check, ids },
      // Refused is refused; but on a 400 the official clients never begin to log in.
      severity: seen.status === 400 ? 'should' : 'must',
      holds: seen.status === 401 || (isTwo && seen.status === 400),
      seen: seen.summary,
      expected: isTwo
        ? '400 invalid_request, or 401 (RFC 6750 s2, s3.1)'
        : '401 (RFC 6750 s3.1): clients begin to log in on that alone',
      howToMend: 'read the header with parseAuthorization(): never split it on spaces',
    });
    if (!isThrough(seen)) refused.push(seen);
  }
  judgeRefusals(world, 'malformed credentials', refused);
}

/** The header is the only way in. */
export async function checkOtherWays(world: World): Promise<void> {
  const { probe, report, good } = world;
  if (good === undefined)
    return report.skip('other ways of sending a token', 'no good token was given');
  const { pathname, search } = new URL(probe.operation.url);
  const query = `${pathname}${search}${search === '' ? '?' : '&'}access_token=${good}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const ways = [
    { check: 'a token in the query', ids: ['AH-4', 'T71'], sent: { path: query } },
    {
      ...{ check: 'a token in a form', ids: ['AH-5', 'T71'] },
      sent: { method: 'POST', headers: form, body: `access_token=${good}` },
    },
    {
      ...{ check: 'a token in a cookie', ids: ['T71'] },
      sent: { headers: { cookie: `access_token=${good}; token=${good}` } },
    },
  ];
  probe.tokens.add(good);
  for (const { check, ids, sent } of ways) {
    const seen = await probe.send(sent);
    report.judge({
      ...{ check, ids },
      holds: !isThrough(seen) && seen.status !== 0 && seen.status < 500,
      seen: seen.summary,
      expected: 'as without a token: URLs and forms end up in logs (RFC 9700 s4.3.2)',
      howToMend: 'take tokens from the Authorization header only',
    });
  }
}

export async function checkBadTokens(world: World): Promise<void> {
  const { probe, report, bad, good } = world;
  if (bad.length === 0) report.skip('bad tokens', 'neither an issuer nor a token was given');
  const refused: Seen[] = [];
  for (const { name, token, why, ids, severity } of bad) {
    const check = `bad token: ${name}`;
    if (report.leavesOut(check)) continue;
    const seen = await probe.send({ token });
    // So long a header is refused before anybody reads it (431), or read as malformed.
    const isLong = token.length > 16_000 && seen.status >= 400 && seen.status < 500;
    // A key that is not known may be a new one: who cannot look it up now says so (AH-14).
    const isUndecided = ids.includes('JW-8') && seen.status === 503 && seen.bearer === undefined;
    report.judge({
      ...{ check, ids: [...ids, 'AH-8', 'AH-10', 'JW-9'], severity },
      holds:
        isLong ||
        isUndecided ||
        (seen.status === 401 && seen.bearer?.params.get('error') === 'invalid_token'),
      seen: seen.summary,
      expected: `401 with error="invalid_token": ${why}`,
      howToMend: isThrough(seen)
        ? 'verify with jwtVerifier({ issuer }) and let the gate compare the audience'
        : 'answer every token that does not hold with the one refusal for it',
    });
    if (!isThrough(seen) && !isLong && !isUndecided) refused.push(seen);
  }
  judgeRefusals(world, 'bad tokens', refused);
  if (good === undefined) return;
  const { expiredWithoutScopes: token } = world;
  if (token === undefined) return;
  const seen = await probe.send({ token });
  report.judge({
    ...{ check: 'an expired token without scopes', ids: ['AH-10', 'T46'] },
    holds: seen.status === 401,
    seen: seen.summary,
    expected: '401: whether the token holds is judged before its scopes',
    howToMend: 'verify the token before looking at its scopes',
  });
}

export async function checkGoodToken({ probe, report, good }: World): Promise<boolean> {
  if (good === undefined) {
    report.skip('a good token', 'neither an issuer nor a token was given');
    return true;
  }
  const seen = await probe.send({ token: good });
  return report.judge({
    ...{ check: 'a good token', ids: ['AH-1'] },
    holds: seen.status !== 401 && seen.status !== 403 && seen.status !== 0 && seen.status < 500,
    seen: seen.summary,
    expected: 'not refused: what other checks find is worth little else',
    howToMend:
      'check that issuer, audience and scopes of the test agree with the resource; explainToken() says which does not',
  });
}

export async function checkInsufficient(world: World): Promise<void> {
  const { probe, report, insufficient, scopes } = world;
  const check = 'too few scopes';
  if (insufficient === undefined || scopes.length === 0) {
    return report.skip(check, 'no scopes were named, or no token that lacks them');
  }
  const seen = await probe.send({ token: insufficient });
  const refused = report.judge({
    ...{ check, ids: ['AH-9', 'C403-1', 'C403-5'] },
    holds: seen.status === 403 && seen.bearer?.params.get('error') === 'insufficient_scope',
    seen: seen.summary,
    expected: '403 with error="insufficient_scope" (RFC 6750 s3.1)',
    howToMend: 'give the route a rule: protect(gate, scope), or a policy that names the operation',
  });
  if (!refused) return;
  judgeChallenge(world, check, seen);
  judgeRefusals(world, check, [seen]);
  const named = seen.bearer?.params.get('scope')?.split(' ') ?? [];
  report.judge({
    ...{ check: `${check}: all of them are named`, ids: ['C403-2', 'SC-3'] },
    holds: scopes.every((scope) => named.includes(scope)),
    seen: seen.summary,
    expected: `scope with ${scopes.join(' ')}: everything that the operation needs, at once`,
    howToMend: 'name the whole rule in the challenge, not only the first scope that is missing',
  });
}

function judge401(world: World, check: string, ids: readonly string[], seen: Seen): boolean {
  return world.report.judge({
    ...{ check, ids },
    holds: seen.status === 401,
    seen: seen.summary,
    expected: '401 with a challenge (RFC 9110 s15.5.2)',
    howToMend: 'put the guard in front of the handler, on every method and path that reaches it',
  });
}
