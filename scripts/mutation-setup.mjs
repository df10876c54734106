/**
 * Ends the run of a mutant with the first test that fails. Vitest's `bail` skips the tests of the files that
 * follow, but still imports those files, which takes longer than most tests.
 */
import { afterEach, inject } from 'vitest';

const mutant = inject('activeMutant');

if (mutant !== undefined && globalThis.foundMutant === mutant) {
  throw new Error('The mutant is found.');
}

afterEach(({ task }) => {
  if (task.result?.state === 'fail') globalThis.foundMutant = mutant;
});
