/**
 * Compares the catalogue and the metadata with the rules.
 *
 * @module
 */
import type { Gate } from '@scopegate/core';
import { holdsUnknown } from './lint-functions.js';
import type { LintFinding, ListedRule } from './types.js';

/** Reports scopes that no rule needs, and spellings of `offline_access`, which is no scope of a resource. */
export function lintScopes(gate: Gate, rules: readonly ListedRule[]): readonly LintFinding[] {
  const { scopes: catalogue, metadata } = gate;
  const required = new Set(rules.flatMap(({ rule }) => rule.scopes));
  const opens = (scope: string): boolean =>
    [...required].some((one) => catalogue.grants(new Set([scope]), one));
  const requestName = (name: string): string => catalogue.requestName(name);
  const advertised = metadata.document.scopes_supported ?? [];
  const offered = [...catalogue.names, ...catalogue.names.map(requestName), ...advertised];
  const isOpaque = rules.some(({ rule }) => holdsUnknown(rule.rule));
  return [
    ...catalogue.names
      .filter((name) => !opens(name) && catalogue.get(name)?.match === undefined)
      .map((name): LintFinding => ({
        code: 'scope_never_used',
        // A function may still ask for it.
        severity: isOpaque ? 'info' : 'warning',
        where: name,
        message: `No rule needs ${name} or a scope that it implies.`,
        howToMend: 'Remove it, or name the routes that need it in `routes`.',
      })),
    ...advertised
      .filter((asked) => !opens(asked))
      .filter(
        (asked) => !catalogue.names.some((name) => requestName(name) === asked && opens(name)),
      )
      .map((asked): LintFinding => ({
        code: 'advertised_never_enforced',
        severity: isOpaque ? 'info' : 'warning',
        where: asked,
        message: `Clients ask their users for ${asked}, because the metadata names it, and no rule needs it.`,
        howToMend: 'Leave it out of initialScopes, or of metadata.scopesSupported.',
      })),
    ...[...new Set(offered)].filter(isOfflineAccess).map((scope): LintFinding => ({
      code: 'offline_access',
      severity: 'error',
      where: scope,
      message: `${scope} asks for a refresh token: that is between client and authorization server.`,
      howToMend: 'Remove it; clients ask for it themselves where they want it.',
    })),
  ];
}

/** Matches `offline_access` behind a prefix, in another case or with another separator. */
function isOfflineAccess(scope: string): boolean {
  return /(?:^|[/:.])offline[-_.]?access$/i.test(scope);
}
