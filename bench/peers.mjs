/** The readers of WWW-Authenticate beside core's, and whether each finds what there is to find. */
import { isDeepStrictEqual } from 'node:util';
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';
import { parseChallenges } from '@scopegate/core';
import { parse as authHeader } from 'auth-header';
import { BASIC, BEARER, DIGEST, parseWWWAuthenticateHeader } from 'http-auth-utils';
import { WWWAuthenticateChallengeError, processIntrospectionResponse } from 'oauth4webapi';
import wwwAuthenticate from 'www-authenticate';
import { DOES_IT } from './measure.mjs';

export const OAUTH4WEBAPI = 'oauth4webapi (public function)';

/**
 * Candidates for a row, and the names of those that cannot be timed because they throw. `run` reads
 * the header; `found` tells what came of it in the form that `wanted` gives our parser's findings.
 */
export async function readers(header) {
  const response = new Response(null, { status: 401, headers: { 'www-authenticate': header } });
  const peers = {
    'www-authenticate': {
      run: () => new wwwAuthenticate.parsers.WWW_Authenticate(header),
      found: ({ scheme, parms }) => [challenge(scheme, parms)],
      wanted: everything,
    },
    'auth-header': {
      run: () => authHeader(header),
      found: ({ scheme, params, token }) => [challenge(scheme, params, token ?? undefined)],
      wanted: everything,
    },
    'http-auth-utils': {
      run: () => parseWWWAuthenticateHeader(header, [BEARER, BASIC, DIGEST]),
      found: ({ type, data }) => [challenge(type, data)],
      wanted: everything,
    },
    "MCP SDK v1's reader": {
      run: () => extractWWWAuthenticateParams(response),
      found: ({ error, scope, resourceMetadataUrl }) =>
        present({ error, scope, resource_metadata: resourceMetadataUrl?.href }),
      wanted: whatTheSdkLooksFor,
    },
    [OAUTH4WEBAPI]: {
      run: () => readByOauth4webapi(response),
      found: (challenges) =>
        challenges.map((one) => challenge(one.scheme, one.parameters, one.token68)),
      wanted: everything,
    },
  };
  const candidates = { scopegate: { run: () => parseChallenges(header), verdict: DOES_IT } };
  const failing = [];
  for (const [name, { run, found, wanted }] of Object.entries(peers)) {
    try {
      const verdict = compare(found(await run()), wanted(header));
      candidates[name] = { run, verdict };
    } catch (error) {
      failing.push(`${name} throws: ${String(error.message).slice(0, 60)}`);
    }
  }
  return { candidates, failing };
}

function compare(found, wanted) {
  if (isDeepStrictEqual(found, wanted)) return DOES_IT;
  if (Object.keys(found).length === 0) return 'reads nothing';
  return Array.isArray(found) && found.length !== wanted.length
    ? `misreads: ${found.length} challenge of ${wanted.length}`
    : 'misreads';
}

function challenge(scheme, params, token68) {
  return present({ scheme: scheme.toLowerCase(), params: { ...params }, token68 });
}

function present(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function everything(header) {
  return parseChallenges(header, { strict: true }).map(({ scheme, params, token68 }) =>
    challenge(scheme, Object.fromEntries(params), token68),
  );
}

function whatTheSdkLooksFor(header) {
  const bearer = parseChallenges(header).find(
    (one) => one.scheme === 'bearer' && one.problems.length === 0,
  );
  const value = (name) => bearer?.params.get(name);
  return present({
    error: value('error'),
    scope: value('scope'),
    resource_metadata: value('resource_metadata'),
  });
}

/** Its parser is reached only through an async function that throws what it read. */
async function readByOauth4webapi(response) {
  try {
    await processIntrospectionResponse(SERVER, CLIENT, response);
  } catch (error) {
    if (error instanceof WWWAuthenticateChallengeError) return error.cause;
    throw error;
  }
  throw new Error('no challenge');
}

const SERVER = { issuer: 'https://idp.example.com' };
const CLIENT = { client_id: 'c' };
