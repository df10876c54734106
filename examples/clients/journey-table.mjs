/**
 * Prints what test/journey.test.ts saw: authorizations for each client and adapter, two of which are
 * right. A reporter of vitest, for `npm run test:clients`.
 */
export default class JourneyTable {
  onTestRunEnd(modules, errors) {
    const table = {};
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    for (const test of tests) {
      const { journey } = test.meta();
      if (journey) (table[journey.client] ??= {})[journey.adapter] = journey.authorizations;
      for (const { message } of test.result().errors ?? []) console.log(test.fullName, message);
    }
    for (const { message } of errors) console.log(message);
    console.table(table);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    console.log(
      `${passed} of ${tests.length}: login, 200, 403, step-up, 200, with two authorizations`,
    );
  }
}
