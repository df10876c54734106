/**
 * Makes the name of an HTTP target that functions and conditions of rules read.
 *
 * @module
 */
import { pathOf } from '../http/index.js';
import type { GateRequest } from '../types.js';
import { decode } from './fold-path.js';
import type { RulePart } from './policy.js';
import { unknownFact } from './resolve.js';
import { hidesSeparator } from './segment-rules.js';
import type { CompiledRule, Operation } from './types.js';

/**
 * Returns the facts from which a rule for an HTTP target decides. The name of the operation is the path,
 * percent-decoded once, without query and final slash, so that a client cannot avoid a comparison by another
 * spelling. Case is not folded.
 *
 * If a handler may read the path in yet another way, the name is not known, and a function that reads the
 * name does not hold.
 *
 * @returns `undefined` for a rule without functions, conditions and logins
 */
export function partsOfTarget(
  rule: CompiledRule,
  request: Pick<GateRequest, 'method' | 'url'>,
): readonly RulePart[] | undefined {
  if (!rule.dynamic) return undefined;
  const operation: Operation = {
    protocol: 'http',
    method: request.method,
    // A getter, so that the name is computed only for a function that reads it.
    get name() {
      return nameOf(request.url);
    },
  };
  return [{ rule, operation }];
}

function nameOf(target: string): string {
  const path = pathOf(target);
  const name = path
    .split('/')
    .map(decode)
    .join('/')
    .replace(/(?<=.)\/$/, '');
  return hidesSeparator(path) || AMBIGUOUS.test(name) ? unknownFact('operation.name') : name;
}

/**
 * Parts of a decoded path that servers read differently: an encoded query or fragment, parameters, backslashes,
 * control characters, a second encoding, repeated slashes, spaces around a segment and dots at its end.
 */
// oxlint-disable-next-line no-control-regex -- these are what is meant
const AMBIGUOUS = /[?#;\\\u0000-\u001f\u007f]|%[\da-f]{2}|\/[/\s]|[.\s](?:\/|$)/i;
