/**
 * Describes the checks of a JWT verifier. Whether a check holds is the verifier's own result; this file
 * adds the words.
 *
 * @module
 */
import type { CheckResult } from '@scopegate/core/engine';
import type { UnverifiedToken } from '../read-unverified.js';
import { CLAIM_DESCRIPTIONS } from './describe-claims.js';
import { HEADER_DESCRIPTIONS } from './describe-header.js';
import type { Describe, Description, JwtExpectations, TokenCheck } from './types.js';

/** Describes each check of the verifier. A token that is not a JWT has only the check `form`. */
export function describeChecks(
  token: string,
  jwt: UnverifiedToken | undefined,
  expected: JwtExpectations,
): readonly TokenCheck[] {
  return expected.check(token, expected.resource).map((result) => {
    const { name, holds } = result;
    const { setting, ...description } =
      jwt === undefined || name === 'form'
        ? describeForm(token, jwt, holds)
        : describe(result, jwt, expected);
    return { check: name, ok: holds, ...description, ...(!holds && { setting }) };
  });
}

const DESCRIPTIONS: ReadonlyMap<string, Describe> = new Map(
  Object.entries({ ...HEADER_DESCRIPTIONS, ...CLAIM_DESCRIPTIONS }),
);

function describe(
  { name, failed = [] }: CheckResult,
  jwt: UnverifiedToken,
  expected: JwtExpectations,
): Description {
  return DESCRIPTIONS.get(name)?.(jwt, expected, failed) ?? describeUnknown(name);
}

/** Describes a check that this package does not know, because the verifier is newer. */
function describeUnknown(name: string): Description {
  const text = `see the check ${name} of jwtVerifier`;
  return { expected: text, found: text, setting: text };
}

function describeForm(
  token: string,
  jwt: UnverifiedToken | undefined,
  holds: boolean,
): Description {
  const dots = token.split('.').length - 1;
  const opaque = dots === 4 ? 'five parts: an encrypted JWT' : 'no signed JWT: an opaque token?';
  const misspelt =
    'base64url not in its one canonical spelling, text that is not UTF-8, or longer than 16 KiB';
  const wrong = jwt === undefined ? opaque : misspelt;
  return {
    expected: 'a signed JWT: three parts, header and claims in JSON',
    found: holds ? 'a JWT' : `${token.length} characters, ${dots} dots: ${wrong}`,
    setting:
      'many servers make a JWT only if the client names the resource or audience; for opaque tokens take introspectionVerifier, or byTokenForm({ jwt, opaque })',
  };
}
