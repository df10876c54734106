/**
 * Makes the `Auth` that handlers receive.
 *
 * @module
 */
import { evaluate } from '../policy/index.js';
import type { Auth, Rule } from '../policy/index.js';
import type { ScopeCatalogue } from '../scope/index.js';
import type { TokenFacts } from './read-token.js';

export interface CreateAuthOptions {
  readonly token: string;
  readonly facts: TokenFacts;
  readonly resource: string;
  readonly resourceMetadataUrl: string;
  readonly catalogue: ScopeCatalogue;
}

/** Builds a frozen `Auth`; `token` and `has` are not enumerable, so that copies and logs lack them. */
export function createAuth(options: CreateAuthOptions): Auth {
  const { facts, catalogue } = options;
  const granted: ReadonlySet<string> = new Set(facts.scopes);
  const claims = frozenCopy(facts.claims);
  const visible = {
    clientId: facts.clientId,
    scopes: Object.freeze([...granted]) as string[],
    ...(facts.expiresAt !== undefined && { expiresAt: facts.expiresAt }),
    resource: new URL(options.resource),
    resourceMetadataUrl: options.resourceMetadataUrl,
    extra: claims,
    ...(facts.subject !== undefined && { subject: facts.subject }),
    ...(facts.issuer !== undefined && { issuer: facts.issuer }),
    kind: isClient(facts) ? 'client' : 'user',
    claims,
    bindingKey: JSON.stringify([facts.issuer ?? '', facts.clientId, facts.subject ?? '']),
  } as const;
  const hidden = {
    token: { value: options.token },
    has: { value: (rule: Rule) => evaluate(rule, granted, catalogue).satisfied },
  };
  return Object.freeze(Object.defineProperties(visible, hidden)) as unknown as Auth;
}

function isClient(facts: TokenFacts): boolean {
  return facts.subject === undefined || facts.subject === facts.clientId;
}

/** Claims are data: a copy that nobody can change, without what cannot be copied. */
function frozenCopy(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return freeze(structuredClone(claims)) as Record<string, unknown>;
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
