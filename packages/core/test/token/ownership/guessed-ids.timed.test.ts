/** Whether the time of a refusal tells which ids exist. */
import { expect, test } from 'vitest';
import { isOwned, ownedId } from '../../../src/token/ownership/index.js';
import { ANN, BOB, KEY, authOf, ownGate } from './support.js';

test('a foreign id takes the time of a guessed one, also after its owner used it [T158]', async () => {
  const own = ownGate({ ownership: { keys: [KEY] } });
  const [ann, bob] = await Promise.all([authOf(own, ANN), authOf(own, BOB)]);
  const foreign = Array.from({ length: 400 }, () => ownedId(own, bob, { kind: 'session' }));
  for (const id of foreign) isOwned(own, bob, id, { kind: 'session' });
  const guessed = foreign.map((id) => `${id.slice(0, -43)}${'A'.repeat(43)}`);
  const time = (ids: readonly string[]): number => {
    const start = process.hrtime.bigint();
    for (const id of ids) isOwned(own, ann, id, { kind: 'session' });
    return Number(process.hrtime.bigint() - start) / ids.length;
  };
  const best = (ids: readonly string[]): number =>
    Math.min(...Array.from({ length: 40 }, () => time(ids)));
  const [slow, quick] = [best(foreign), best(guessed)].toSorted((a, b) => b - a) as [
    number,
    number,
  ];
  expect(slow / quick).toBeLessThan(1.5);
});
