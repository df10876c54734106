/**
 * A runner that runs nothing by itself: it collects tests, to be run and looked at.
 *
 * @module
 */
import type { Runner } from '../../src/index.js';

export interface Outcome {
  readonly title: string;
  /** `undefined` if it passed. */
  readonly error: unknown;
}

export interface Collected {
  readonly runner: Runner;
  /** Runs one after the other, and stops after an outcome that `isEnough` accepts. */
  readonly run: (isEnough?: (outcome: Outcome) => boolean) => Promise<readonly Outcome[]>;
}

interface Step {
  readonly isTest: boolean;
  readonly run: () => Promise<Outcome | undefined>;
}

export function collect(): Collected {
  const path: string[] = [];
  const hooks: (() => Promise<void>)[] = [];
  const steps: Step[] = [];
  return {
    runner: {
      describe(name, define) {
        path.push(name);
        const after = hooks.length;
        define();
        // Hooks run behind the tests of their group.
        for (const hook of hooks.splice(after)) {
          steps.push({ isTest: false, run: () => hook().then(() => undefined) });
        }
        path.pop();
      },
      it(name, test) {
        const title = [...path, name].join(' > ');
        const run = () =>
          test().then(
            () => ({ title, error: undefined }),
            (error: unknown) => ({ title, error }),
          );
        steps.push({ isTest: true, run });
      },
      after: (hook) => hooks.push(hook),
    },
    async run(isEnough = () => false) {
      const outcomes: Outcome[] = [];
      for (const step of steps) {
        // Hooks run in any case.
        if (step.isTest && outcomes.some(isEnough)) continue;
        const outcome = await step.run();
        if (outcome !== undefined) outcomes.push(outcome);
      }
      return outcomes;
    },
  };
}
