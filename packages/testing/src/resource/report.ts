/**
 * The results of the checks of a resource.
 *
 * @module
 */
import { visible } from '../visible.js';

export interface Finding {
  /** Requirements and threats, as this library's own tests name them. */
  readonly ids: readonly string[];
  /** Unique among the checks of a resource. */
  readonly check: string;
  /** `must`: insecure, or clients do not work. `should`: some clients do not work, or less safely. */
  readonly severity: 'must' | 'should';
  readonly seen: string;
  readonly expected: string;
  readonly howToMend: string;
}

export interface ResourceReport {
  /** Failed checks, the most severe first; empty if every check that ran holds. */
  readonly findings: readonly Finding[];
  /** Names of the checks that hold. */
  readonly passed: readonly string[];
  /** Checks that did not run, and why. */
  readonly skipped: readonly { readonly check: string; readonly why: string }[];
}

/** The result of one check. It has the texts of a finding even if the check holds. */
export interface Observation extends Omit<Finding, 'severity' | 'seen'> {
  /** @default 'must' */
  readonly severity?: Finding['severity'];
  readonly holds: boolean;
  readonly seen: string | (() => string);
}

const MAX_SEEN = 300;

/** Collects the results of checks. What a server sent is shown without tokens and without controls. */
export class Report {
  readonly #findings: Finding[] = [];
  readonly #passed: string[] = [];
  readonly #skipped: { check: string; why: string }[] = [];
  readonly #except: ReadonlySet<string>;
  readonly #redact: (text: string) => string;

  constructor(except: readonly string[], redact: (text: string) => string) {
    this.#except = new Set(except);
    this.#redact = redact;
  }

  /** Records the result of one check; returns whether it holds. */
  record({ holds, seen, severity = 'must', ...said }: Observation): boolean {
    if (this.isExcluded(said.check)) return holds;
    if (holds) {
      this.#passed.push(said.check);
    } else {
      const text = this.#redact(typeof seen === 'string' ? seen : seen()).slice(0, MAX_SEEN);
      this.#findings.push(Object.freeze({ ...said, severity, seen: visible(text) }));
    }
    return holds;
  }

  /** Whether the caller left the check out; if so, it is listed as skipped. */
  isExcluded(check: string): boolean {
    if (!this.#except.has(check)) return false;
    this.skip(check, 'left out by the caller');
    return true;
  }

  skip(check: string, why: string): void {
    this.#skipped.push(Object.freeze({ check, why }));
  }

  finish(): ResourceReport {
    const of = (one: Finding['severity']): Finding[] =>
      this.#findings.filter(({ severity }) => severity === one);
    return Object.freeze({
      findings: Object.freeze([...of('must'), ...of('should')]),
      passed: Object.freeze([...this.#passed]),
      skipped: Object.freeze([...this.#skipped]),
    });
  }
}
