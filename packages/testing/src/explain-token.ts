/**
 * Explains to a developer why a token is refused, which a 401 never says.
 *
 * @module
 */
import { parseAuthorization } from '@scopegate/core';
import type { Gate, TokenProblem, TokenView } from '@scopegate/core';
import { inspectToken, internalsOf, ownMember } from '@scopegate/core/engine';
import type { GateSettings, VerifyOutcome } from '@scopegate/core/engine';
import { bindingRulesOf } from './explain/describe-binding.js';
import { describeChecks } from './explain/describe-checks.js';
import { describeIntrospection } from './explain/describe-introspection.js';
import { show } from './explain/show.js';
import type { TokenCheck, TokenExplanation } from './explain/types.js';
import { readUnverified } from './read-unverified.js';
import { redact } from './redact.js';

/**
 * Verifies a token as the gate does, and says what each check expected and what it found. This is for
 * developers only: an answer to a caller must not contain any of it.
 *
 * Shows issuer, audience, times, kind and scopes of the token, and header members and claims that fail a check,
 * but never the encoded token or a part of it. For `introspectionVerifier` it asks the endpoint and shows its
 * answer. The outcome and the result of each check are the verifier's own; with `byTokenForm`, those of
 * the verifier for this form of token. The values of a refused token are unverified. For a token that is bound to
 * a key or certificate, it says what each request must prove, and cannot check that, since it has no request.
 *
 * @example
 * ```ts
 * console.log(formatExplanation(await explainToken(gate, token)));
 * ```
 * @throws {@link TypeError} when the first argument is not a gate
 * @group Testing
 */
export async function explainToken<S extends string>(
  gate: Gate<S>,
  token: string,
): Promise<TokenExplanation> {
  const { settings } = internalsOf(gate, 'explainToken');
  const { verifier, resource, clock, verifierTimeout: timeout, revocations } = settings;
  const binding = bindingRulesOf(settings);
  const syntax = checkSyntax(token, settings);
  const jwt = readUnverified(token);
  const inspection = inspectToken(verifier, token, {
    resource,
    timeout,
    clock,
    revocations,
    // There is no request, so assume one that proves what the gate can check.
    sender: binding,
  });
  const { expectations, introspection, isAccepted, verify, redact: withoutToken } = inspection;
  const described = [
    ...(expectations === undefined
      ? []
      : describeChecks(token, jwt, { ...expectations, resource, isAccepted }).map((one) =>
          binding === undefined || jwt === undefined || one.check !== 'cnf'
            ? one
            : binding.describe(ownMember(jwt.claims, 'cnf')),
        )),
    ...(introspection === undefined || !syntax.ok
      ? []
      : await describeIntrospection(token, introspection, { resource, clock })),
  ];
  const verdict: VerifyOutcome = syntax.ok ? await verify() : { ok: false, reason: 'invalid' };
  const checks = [syntax, ...described];
  checks.push(checkOutcome(verdict, checks, token));
  if (verdict.ok) checks.push(checkScopes(verdict.facts.scopes, settings));
  const view: TokenView =
    jwt === undefined ? { form: 'opaque', text: token } : { form: 'jwt', ...jwt };
  const hints = verdict.ok ? [] : (settings.provider?.hints ?? []);
  return Object.freeze({
    outcome: verdict.ok ? 'accepted' : verdict.reason === 'unavailable' ? 'unavailable' : 'refused',
    // An endpoint, or an invented claim, may repeat the token.
    checks: Object.freeze(
      checks.map(({ setting, ...one }) => ({
        ...{ ...one, found: withoutToken(one.found) },
        ...(setting !== undefined && { setting: withoutToken(setting) }),
      })),
    ),
    hints: Object.freeze(hints.filter(({ applies }) => applies(view)).map(({ says }) => says)),
  });
}

/**
 * Writes an explanation as text: the outcome, one line for each check that holds and four for each that fails,
 * and the hints.
 *
 * @example
 * ```ts
 * console.log(formatExplanation(await explainToken(gate, token)));
 * ```
 * @group Testing
 */
export function formatExplanation({ outcome, checks, hints }: TokenExplanation): string {
  const lines = checks.flatMap(({ ok, check, expected, found, setting }) =>
    ok
      ? [`ok     ${check}: ${found}`]
      : [
          `WRONG  ${check}`,
          `       expected  ${expected}`,
          `       found     ${found}`,
          ...(setting === undefined ? [] : [`       change    ${setting}`]),
        ],
  );
  return [`The token is ${outcome}.`, ...lines, ...hints.map((hint) => `HINT   ${hint}`)].join(
    '\n',
  );
}

function checkSyntax(token: string, { tokenSyntax }: GateSettings): TokenCheck {
  const parsed = parseAuthorization(`Bearer ${token}`, { tokenSyntax });
  const ok = parsed.kind === 'credentials' && token.length <= MAX_LENGTH;
  const prefixed = /^bearer /i.test(token);
  return {
    check: 'syntax',
    ok,
    expected: 'one token of letters, digits and -._~+/= (RFC 6750 s2.1), of at most 16 KiB',
    found: prefixed ? 'a text that begins with "Bearer "' : `${token.length} characters`,
    ...(!ok && {
      setting: prefixed
        ? 'pass the token without "Bearer "'
        : "see how the client builds the header; for API keys: createGate({ tokenSyntax: 'opaque' })",
    }),
  };
}

/** The gate's limit for the value of `Authorization`, less the scheme. */
const MAX_LENGTH = 16 * 1024 - 'Bearer '.length;

function checkOutcome(
  outcome: VerifyOutcome,
  before: readonly TokenCheck[],
  token: string,
): TokenCheck {
  const check = 'verifier';
  const expected = expectedBy(before);
  if (outcome.ok) return { check, ok: true, expected, found: 'accepted' };
  if (outcome.reason === 'unavailable') {
    return {
      ...{
        check,
        ok: false,
        expected,
        found: `it cannot tell: ${errorText(outcome.error, token)}`,
      },
      setting: 'see that issuer, metadata and keys can be reached from here; the gate answers 503',
    };
  }
  if (outcome.reason === 'insufficient_scope') {
    return {
      ...{ check, ok: false, expected, found: 'the verifier says insufficient_scope: 403' },
      setting: 'leave scopes to the gate: its rules decide which ones an operation needs',
    };
  }
  const isClear = before.every(({ ok }) => ok);
  const problem = (outcome.reason === 'invalid' && outcome.detail?.detail) || 'other';
  return {
    ...{ check, ok: false, expected },
    found: isClear ? 'refused, although all checks above hold' : 'refused',
    setting: isClear
      ? (SETTINGS[problem] ?? 'see what the verifier of this token checks, and the hints')
      : 'correct what is wrong above first',
  };
}

/** What the verifier expects beyond the checks above: only a JWT has a signature and an issuer's keys. */
function expectedBy(before: readonly TokenCheck[]): string {
  const names = before.map(({ check }) => check);
  if (names.includes('active')) return 'accepted: the endpoint says that it is active';
  return names.includes('alg')
    ? 'accepted: signed by a key of the issuer, and neither revoked nor of another kind'
    : 'accepted';
}

/** What to do if all checks above hold, by what the verifier says. */
const SETTINGS: Readonly<Partial<Record<TokenProblem, string>>> = {
  signature:
    "the signature does not hold with the issuer's published keys (another environment? keys rotated?)",
  key_unknown:
    'the issuer publishes no key that fits this token (another environment? a key that was removed?)',
  revoked:
    'the token was revoked (`revocations` of the gate, or `revoke` of its verifier): get a new one',
  unknown: 'send one of the tokens that staticTokens({...}) lists, exactly as it is written there',
  claims: 'the token is of another kind than the provider expects: see the hints',
  binding:
    'the token is bound to a key or certificate: let the gate check the proof (dpop, mtls of createGate), or have the client ask for a token that is not bound',
};

function errorText(error: unknown, token: string): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : 'something was thrown';
  return show(redact(text, [token]));
}

function checkScopes(granted: ReadonlySet<string>, { catalogue }: GateSettings): TokenCheck {
  const usable = catalogue.names.filter((name) => catalogue.grants(granted, name));
  const ok = usable.length > 0;
  const known = `${show([...granted])}, which grants ${show(usable)}`;
  return {
    check: 'scopes',
    ok,
    expected: `one of ${show(catalogue.names)} at least`,
    found: granted.size === 0 ? 'no scopes in scope or scp' : known,
    ...(!ok && {
      setting:
        'let clients ask for these scopes, and the authorization server grant them; if it writes them elsewhere (permissions, roles) or under other names, take its provider, or requestAs',
    }),
  };
}
