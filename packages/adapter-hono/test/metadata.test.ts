import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORGED_HOSTS, METADATA, NO_METADATA } from '../../core/test/support/cases/index.js';
import { startWorld, verify, verifyMetadata } from '../../core/test/support/parity.js';
import type { Opened, Run, World } from '../../core/test/support/parity.js';
import { BINDINGS } from './support/bindings.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe.each(BINDINGS)('$name', (binding) => {
  const runs: Run[] = [];
  let opened: Opened;
  beforeAll(async () => {
    opened = await binding.open({ routes: world.routes, parser: 'absent', runs });
  });
  afterAll(() => opened.close());

  test.each(METADATA)(
    'metadata: $name [C401-1, C401-5, PR-1, PR-2, PR-3, PR-4, PR-9, PR-10, T42, T47]',
    (one) => verifyMetadata(one, opened),
  );

  test.each(NO_METADATA)('no metadata at %s [PR-1, T32]', async (target) => {
    const answer = await opened.send({ method: 'GET', target });
    expect(answer.body).not.toContain('"resource"');
  });

  test.each(FORGED_HOSTS)('a forged host, $name, is not in the challenge [C401-5, T42]', (one) =>
    verify(one, { opened, tokens: world.tokens, runs }),
  );
});
