/**
 * Vitest reporter: closes the run on one plain line that any tool can read.
 *
 * It is written when the process ends, behind the coverage. A type error outside a test, or a missed
 * coverage threshold, fails the run without failing a test; the line must not say "0 failed" then, so
 * the reason and the exit code are looked at too.
 */
export default class PlainSummary {
  onTestRunEnd(modules, errors, reason) {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (tests.length === 0 && !module.ok()) count.failed++;
      for (const test of tests) {
        const { state } = test.result();
        count[state] = (count[state] ?? 0) + 1;
      }
    }
    process.once('exit', (code) => {
      if (count.failed === 0 && (reason === 'failed' || code !== 0)) count.failed = 1;
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    });
  }
}
