/**
 * The command line. Exit code 0 only if everything it shows really happened.
 *
 * @module
 */
import { runDemo } from './demo.js';

/** In milliseconds. The demo takes seconds; one that hangs is ended. */
const DEADLINE_MS = 60_000;

const deadline = setTimeout(() => {
  console.error(`\nThe demo failed: not done after ${DEADLINE_MS / 1000} seconds`);
  process.exit(1);
}, DEADLINE_MS);
try {
  await runDemo((line) => console.log(line));
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  clearTimeout(deadline);
}
