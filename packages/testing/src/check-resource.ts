/**
 * Checks a protected resource from outside: a handler in a test, or a running server.
 *
 * @module
 */
import { protectedResourceMetadataUrl } from '@scopegate/core';
import { adversarialTokens } from './adversarial-tokens.js';
import type { AdversarialToken } from './adversarial-tokens.js';
import { redact } from './redact.js';
import { checkBatch, checkBrowsers, checkPaths } from './resource/bypasses.js';
import { checkMetadata } from './resource/metadata.js';
import { namesOfChecks } from './resource/names.js';
import { Probe } from './resource/probe.js';
import type { Operation, Target } from './resource/probe.js';
import {
  checkAnswers,
  checkBadTokens,
  checkGoodToken,
  checkInsufficient,
  checkOtherWays,
  checkSyntax,
  checkWithoutToken,
} from './resource/refusals.js';
import { Report } from './resource/report.js';
import type { ResourceReport } from './resource/report.js';
import type { CheckContext } from './resource/context.js';
import type { TestIssuer } from './test-issuer.js';

export interface CheckResourceOptions {
  /** Makes good and bad tokens. Without it, pass `token`. */
  readonly issuer?: TestIssuer;
  /** A token with every scope that the operation needs, if there is no test issuer. */
  readonly token?: string;
  /**
   * A valid token without the scopes that the operation needs.
   *
   * @default one of `issuer` without scopes, if `scopes` has any
   */
  readonly insufficientToken?: string;
  /** The scopes that the operation needs. Without this option, the 403 is not checked. */
  readonly scopes?: readonly string[];
  /** The resource identifier. @default the issuer's `resource`, else the target's URL */
  readonly resource?: string;
  /** Path and query of a guarded operation. @default those of `resource` */
  readonly path?: string;
  /** @default 'POST' with a body, else 'GET' */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. The body is sent many times, with a good token too. */
  readonly body?: string | object;
  /** Whether browsers must be able to call. @default checked if the resource allows another origin */
  readonly cors?: boolean;
  /** Names of checks to leave out, such as `bad token: typ JWT`. They are listed as skipped; no other name is taken. */
  readonly except?: readonly string[];
  /** Milliseconds for each answer. @default 5000 */
  readonly timeout?: number;
  /** Sends requests if the target is a URL. @default the global `fetch` */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Sends the requests of clients and attackers to a protected resource, and reports what is wrong. Checks
 * 401 without a token and with every bad one, 403 with the scopes, the exact challenges, the metadata,
 * CORS, batches, other spellings of the path, and tokens in the query, in a form or in a cookie.
 *
 * Never throws for what the resource does, and needs no test runner. The operation runs several times with
 * a good token: choose one that does no harm. The target is a fetch handler or the URL of a running
 * server, which may be another URL than the resource identifier.
 *
 * Tokens are sent as bearer tokens, so a resource that accepts DPoP alone is checked without a good token.
 * Does not check what only raw bytes can send (two `Authorization` lines, malformed HTTP, paths with dot segments),
 * nor whether the handler ran if the answer is a refusal.
 *
 * @example
 * ```ts
 * const report = await checkResource(app.fetch, { issuer, path: '/notes', scopes: ['notes:read'] });
 * expect(report.findings, formatFindings(report)).toEqual([]);
 * ```
 * @throws {@link TypeError} before anything is sent: for a target or `resource` that is not a URL, a `resource`
 * that is not a valid resource identifier (RFC 9728 s1.2), or a name in `except` that no check has
 * @group Testing
 */
export async function checkResource(
  target: Target,
  options: CheckResourceOptions = {},
): Promise<ResourceReport> {
  const { issuer, scopes = [], except = [], timeout = 5000 } = options;
  const resource = options.resource ?? issuer?.resource ?? target;
  if (typeof resource !== 'string' || !URL.canParse(resource)) {
    throw new TypeError('checkResource.resource: expected the URL that identifies the resource');
  }
  if (typeof target === 'string' && !URL.canParse(target)) {
    throw new TypeError('checkResource: expected a fetch handler or a URL');
  }
  // Throws for a URL that is no resource identifier, before anything is sent.
  protectedResourceMetadataUrl(resource);
  const operation = operationOf(resource, options);
  checkExcept(except, operation.url);
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const probe = new Probe({ target, operation, fetch, timeout });
  const report = new Report(except, (text) => redact(text, probe.tokens));
  const { good, insufficient, expired } = await tokensOf(options);
  const context: CheckContext = {
    ...{ probe, report, resource, scopes, good, insufficient, expiredWithoutScopes: expired },
    ...{ issuer: issuer?.issuer, bad: await badTokens(options, good), cors: options.cors },
  };
  // If the server does not answer, each of hundreds of requests would wait for its time-out.
  if (!(await checkAnswers(context))) {
    report.skip('everything else', 'there was no answer');
    return report.finish();
  }
  // If the good token is refused, bad ones may be refused for the same reason, which proves nothing.
  if (await checkGoodToken(context)) {
    await checkBadTokens(context);
    await checkInsufficient(context);
    await checkSyntax(context);
    await checkBatch(context);
  } else {
    report.skip(
      'bad tokens, scopes, forms of Authorization, batches',
      'a good token is refused or was not tried',
    );
  }
  await checkWithoutToken(context);
  await checkOtherWays(context);
  await checkMetadata(context);
  await checkPaths(context);
  await checkBrowsers(context);
  return report.finish();
}

/** A misspelt name would leave out nothing, and nobody would notice. */
function checkExcept(except: readonly string[], url: string): void {
  const known = namesOfChecks(new URL(url).pathname);
  const unknown = except.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new TypeError(
    `checkResource.except: ${JSON.stringify(unknown)} is not the name of a check; the names are those in findings and passed of a report`,
  );
}

function operationOf(resource: string, options: CheckResourceOptions): Operation {
  const { path, body, headers = {} } = options;
  const isJson = typeof body === 'object';
  return {
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    url: path === undefined ? resource : new URL(path, resource).href,
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...lowerCase(headers) },
    body: isJson ? JSON.stringify(body) : body,
  };
}

/** Header names in lower case, so that a header replaces another one, however it is written. */
function lowerCase(headers: Readonly<Record<string, string>>): Operation['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

interface Tokens {
  readonly good: string | undefined;
  readonly insufficient: string | undefined;
  readonly expired: string | undefined;
}

async function tokensOf(options: CheckResourceOptions): Promise<Tokens> {
  const { issuer, scopes, token, insufficientToken } = options;
  return {
    good: token ?? (await issuer?.mintToken({ ...(scopes !== undefined && { scopes }) })),
    // If the operation needs no scope that is known, a token without scopes may be a good one.
    insufficient: insufficientToken ?? (scopes?.length ? await issuer?.mintToken() : undefined),
    expired: await issuer?.mintToken({ expiresIn: -600 }),
  };
}

async function badTokens(
  { issuer, scopes }: CheckResourceOptions,
  good: string | undefined,
): Promise<readonly AdversarialToken[]> {
  if (issuer !== undefined) {
    return adversarialTokens({ issuer, ...(scopes !== undefined && { mint: { scopes } }) });
  }
  return good === undefined ? [] : adversarialTokens({ token: good });
}
