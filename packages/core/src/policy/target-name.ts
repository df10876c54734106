/**
 * The name that functions and conditions are told of an HTTP target.
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
 * The facts that a rule over an HTTP target decides by: its name is the path, percent-decoded once, without
 * query and final slash, so that no spelling of the client's hides it from a comparison. Case is not folded.
 *
 * The name is not known, and a function that reads it does not hold, if a handler may read the path in
 * another way still.
 *
 * @returns `undefined` for a rule without functions and conditions
 */
export function partsOfTarget(
  rule: CompiledRule,
  request: Pick<GateRequest, 'method' | 'url'>,
): readonly RulePart[] | undefined {
  if (!rule.dynamic) return undefined;
  const operation: Operation = {
    protocol: 'http',
    method: request.method,
    // Only a function that reads the name pays for it.
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
 * What some readers leave out or read on: an encoded query, parameters, control characters, another
 * encoding, repeated slashes, and spaces and dots at the ends of a segment.
 */
// oxlint-disable-next-line no-control-regex -- these are what is meant
const AMBIGUOUS = /[?#;\\\u0000-\u001f\u007f]|%[\da-f]{2}|\/[/\s]|[.\s](?:\/|$)/i;
