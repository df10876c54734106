/** Gates that are broken on purpose: the fuzzer must notice each of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKEN } from '../src/bindings/broken.js';
import { startFuzzer } from '../src/fuzzer.js';
import type { Fuzzer } from '../src/fuzzer.js';
import { shrink } from '../src/shrink.js';

/** More than a shape gets in the short run. */
const REQUESTS = 1500;

/** The operation that only this broken gate lets run. */
const NOTICED: Readonly<Record<string, RegExp>> = {
  'broken: evaluates a copy that lost its __proto__':
    /^tool (?:read_one|filter|pick|admin_purge) ran/,
  'broken: ignores that rules overlap': /^(?:resource|watch) (?:db:..secrets|notes:..hidden) ran/,
  'broken: lets a folding reader follow': /^tool (?:read_one|filter|send|admin_purge) ran/,
  'broken: forgets a route': /^route GET .files.admin.\.\.\. ran/,
};

describe.each(BROKEN)('$name', (shape) => {
  let fuzzer: Fuzzer;
  beforeAll(async () => {
    fuzzer = await startFuzzer([shape], 8);
  });
  afterAll(() => fuzzer.close());

  const notice = () => fuzzer.findings.find(({ kind }) => NOTICED[shape.name]?.test(kind) === true);

  test('is noticed by generated requests', { timeout: 120_000 }, async () => {
    let left = REQUESTS;
    await fuzzer.run(() => notice() !== undefined || left-- <= 0);
    expect(notice()).toBeDefined();
  });

  test('is noticed by the corpus', { timeout: 120_000 }, async () => {
    await fuzzer.runCorpus();
    expect(notice()).toBeDefined();
  });

  test('what was found is made small, and still found', { timeout: 120_000 }, async () => {
    const { kind, case: found } = notice() ?? expect.fail('nothing was found');
    const does = async (request: typeof found.request): Promise<boolean> =>
      (await fuzzer.ask({ ...found, request })).kinds.includes(kind);
    const small = await shrink(found.request, does);
    expect(await does(small)).toBe(true);
    expect(JSON.stringify(small).length).toBeLessThanOrEqual(JSON.stringify(found.request).length);
  });
});
