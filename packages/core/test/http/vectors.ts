import { readFileSync } from 'node:fs';

/** The vectors' home, where other languages find them too. */
const folder = new URL('../../../adapter-testkit/vectors/', import.meta.url);

export interface ChallengeVector {
  readonly name: string;
  readonly raw: string | readonly string[] | null;
  readonly must_fail?: true;
  readonly unusable?: true;
  readonly expected: readonly {
    readonly scheme: string;
    readonly params: readonly (readonly [name: string, value: string])[];
    readonly token68?: string;
    readonly problems?: readonly { readonly code: string; readonly offset: number }[];
  }[];
  readonly canonical?: string;
}

export interface AuthorizationVector {
  readonly name: string;
  readonly raw: string | null;
  readonly token_syntax?: 'opaque';
  readonly expected: { readonly kind: string };
}

export interface ScopeVector {
  readonly name: string;
  readonly raw: string;
  readonly must_fail?: true;
  readonly expected: readonly string[];
  readonly canonical?: string;
}

export interface ClaimsVector {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly claims?: readonly string[];
  readonly expected: readonly string[];
}

export interface MetadataUrlVector {
  readonly name: string;
  readonly resource: string;
  readonly expected?: string;
}

export interface MetadataValidationVector {
  readonly name: string;
  readonly document: unknown;
  readonly via: 'well-known' | 'challenge';
  readonly request_url: string;
  readonly metadata_url: string;
  readonly allow_path_prefix?: true;
  readonly expected: { readonly ok: boolean; readonly problem?: string };
}

interface Files {
  challenges: ChallengeVector;
  authorization: AuthorizationVector;
  scopes: ScopeVector;
  'scopes-from-claims': ClaimsVector;
  'metadata-urls': MetadataUrlVector;
  'metadata-validation': MetadataValidationVector;
}

/** Read as JSON, not imported: a module would take `__proto__` for a prototype. */
export function vectors<Name extends keyof Files>(name: Name): readonly Files[Name][] {
  return (readJson(`${name}.json`) as { vectors: Files[Name][] }).vectors;
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
}
