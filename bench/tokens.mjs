/** What a JWT costs: the first time, and when it was verified before. */
import { createHash, hash } from 'node:crypto';
import { createGate } from '@scopegate/core';
import { jwtVerifier } from '@scopegate/core/jwt';
import { JwtVerifier } from 'aws-jwt-verify';
import { auth } from 'express-oauth2-jwt-bearer';
import { createVerifier } from 'fast-jwt';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { allowInsecureRequests, jwksCache, validateJwtAccessToken } from 'oauth4webapi';
import { RESOURCE, startIssuer } from './http/issuer.mjs';
import { row } from './measure.mjs';

const IN_FLIGHT = 32;
const ROUNDS = 48;
/** Verifications per candidate and round. */
const COUNT = 320;

export async function tokens() {
  const issuer = await startIssuer();
  const texts = await Promise.all(Array.from({ length: COUNT }, () => issuer.mint()));
  // New strings, since in a server the token of every request is a new string.
  const bytes = texts.map((token) => Buffer.from(token, 'latin1'));
  const fresh = (index) => bytes[index % COUNT].latin1Slice();
  const make = candidates(issuer);

  await firstSight(make, fresh);
  await seenBefore(make, fresh);
  issuer.close();
}

/** Each candidate anew, as a function of the token. */
function candidates({ issuer, jwk, pem }) {
  const jwks = { keys: [jwk] };
  const context = { resource: RESOURCE, signal: new AbortController().signal };
  const scopegate = (options) => {
    const verifier = jwtVerifier({ issuer, jwks, ...options });
    return (token) => verifier(token, context);
  };
  return {
    jose: () => {
      const keys = createLocalJWKSet(jwks);
      const options = { issuer, audience: RESOURCE, typ: 'at+jwt', algorithms: ['ES256'] };
      return (token) => jwtVerify(token, keys, options);
    },
    scopegate: () => scopegate({}),
    'scopegate, cache: false': () => scopegate({ cache: false }),
    'scopegate, the whole gate': () => {
      const verifier = jwtVerifier({ issuer, jwks });
      const route = createGate({ resource: RESOURCE, verifier, scopes: ['notes:read'] }).route(
        'notes:read',
      );
      return (token) => {
        const headers = { get: (name) => (name === 'authorization' ? `Bearer ${token}` : null) };
        return route.decide({ method: 'POST', url: '/mcp', headers });
      };
    },
    'fast-jwt (blocks the loop)': (cache = false) =>
      createVerifier({
        ...{ key: pem, algorithms: ['ES256'], allowedIss: issuer, allowedAud: RESOURCE, cache },
      }),
    'aws-jwt-verify': () => {
      const verifier = JwtVerifier.create({
        issuer,
        audience: RESOURCE,
        jwksUri: `${issuer}/jwks`,
      });
      verifier.cacheJwks(jwks);
      return (token) => verifier.verify(token);
    },
    'express-oauth2-jwt-bearer': () => {
      const jwksUri = `${issuer}/jwks`;
      const options = { issuer, audience: RESOURCE, jwksUri, tokenSigningAlg: 'ES256' };
      const middleware = auth(options);
      return (token) =>
        new Promise((resolve, reject) => {
          const request = {
            ...{ headers: { authorization: `Bearer ${token}` }, query: {}, body: {} },
            ...{ method: 'GET', protocol: 'https', url: '/mcp', is: () => false },
            get: (name) => (name === 'Host' ? 'notes.example.com' : undefined),
          };
          middleware(request, {}, (error) => (error ? reject(error) : resolve(request.auth)));
        });
    },
    'oauth4webapi (with its Request)': () => {
      const server = { issuer, jwks_uri: `${issuer}/jwks` };
      const options = { [allowInsecureRequests]: true, [jwksCache]: {} };
      return (token) => {
        const headers = { authorization: `Bearer ${token}` };
        const request = new Request(RESOURCE, { headers });
        return validateJwtAccessToken(server, request, RESOURCE, options);
      };
    },
  };
}

/** Every token new to the verifier, 32 at a time: time for all over their number. */
async function firstSight(make, fresh) {
  const names = Object.keys(make);
  const times = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    // In another order each time, so that no candidate always pays for the garbage of the same other one.
    const turn = round % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const verify = make[name]();
      await verify(fresh(0)); // Keys are imported and fetched.
      const start = process.hrtime.bigint();
      for (let from = 0; from < COUNT; from += IN_FLIGHT) {
        await Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => verify(fresh(from + i))));
      }
      times.get(name).push(Number(process.hrtime.bigint() - start) / COUNT);
    }
  }
  console.log(`\njwt: ES256, new to the verifier, ${IN_FLIGHT} in flight`);
  // The fastest quarter counts, since a busy machine only adds time.
  const best = names.map((name) => times.get(name).toSorted((a, b) => a - b)[ROUNDS >> 2]);
  for (const [index, name] of names.entries()) {
    const ratio = best[index] / best[0];
    console.log(
      `  ${name.padEnd(34)} ${best[index].toFixed(0).padStart(9)} ns  ${ratio.toFixed(2).padStart(8)} x`,
    );
  }
}

/** 32 tokens that come again and again, each time as a string of its own. */
async function seenBefore(make, fresh) {
  const known = async (name, ...args) => {
    const verify = make[name](...args);
    for (let i = 0; i < IN_FLIGHT; i++) await verify(fresh(i));
    let next = 0;
    return () => verify(fresh(next++ % IN_FLIGHT));
  };
  let next = 0;
  await row('jwt: verified before, fresh strings', {
    'SHA-256 of the token, createHash': () =>
      createHash('sha256')
        .update(fresh(next++ % IN_FLIGHT))
        .digest('base64url'),
    ...(hash && {
      'SHA-256 of the token, crypto.hash': () =>
        hash('sha256', fresh(next++ % IN_FLIGHT), 'base64url'),
    }),
    scopegate: await known('scopegate'),
    'scopegate, the whole gate': await known('scopegate, the whole gate'),
    'fast-jwt, its cache on': await known('fast-jwt (blocks the loop)', true),
    'jose (keeps nothing)': await known('jose'),
  });
}
