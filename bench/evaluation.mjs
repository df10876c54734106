/** Whether held scopes satisfy a rule. */
import { allOf, anyOf, defineScopes, evaluate } from '@scopegate/core';
import { agreeing, row, target, times } from './measure.mjs';

const names = Array.from({ length: 10_000 }, (_unused, index) => `scope:${index}`);
const catalogue = defineScopes(names.slice(0, 500));

const OURS = 'scopegate, scopes as a Set';
const BY_HAND = 'some(every(includes))';

export async function evaluation() {
  const alternatives = [
    ['scope:400', 'scope:401'],
    ['scope:3', 'scope:4'],
  ];
  const rule = anyOf(...alternatives.map((scopes) => allOf(...scopes)));
  const ours = {};
  const byHand = {};
  for (const held of [5, 50, 1_000, 10_000]) {
    const list = names.slice(0, held);
    const set = new Set(list);
    const results = await row(
      `evaluate: 2 alternatives of 2, ${held} scopes held`,
      agreeing({
        [OURS]: () => evaluate(rule, set, catalogue).satisfied,
        [BY_HAND]: () =>
          alternatives.some((scopes) => scopes.every((scope) => list.includes(scope))),
        [`${BY_HAND}, text split`]: () => {
          const split = list.join(' ').split(' ');
          return alternatives.some((scopes) => scopes.every((scope) => split.includes(scope)));
        },
      }),
    );
    ours[held] = of(results, OURS).ns;
    byHand[held] = of(results, BY_HAND).ratio;
  }

  const many = Array.from({ length: 100 }, (_unused, i) => [`scope:${i}`, `scope:${i + 200}`]);
  const wide = anyOf(...many.map((scopes) => allOf(...scopes)));
  const list = names.slice(99, 300);
  const set = new Set(list);
  const results = await row(
    'evaluate: 100 alternatives, the last one holds, 201 scopes held',
    agreeing({
      [OURS]: () => evaluate(wide, set, catalogue).satisfied,
      [BY_HAND]: () => many.some((scopes) => scopes.every((scope) => list.includes(scope))),
    }),
  );

  for (const held of [1_000, 10_000]) {
    target(
      `evaluation with ${held} scopes held is faster than ${BY_HAND}`,
      byHand[held] > 1,
      `that takes ${times(byHand[held])}`,
    );
  }
  const last = of(results, BY_HAND).ratio;
  target(
    `evaluation of 100 alternatives is faster than ${BY_HAND}`,
    last > 1,
    `that takes ${times(last)}`,
  );
  const few = 1 / byHand[5];
  target(`evaluation with 5 scopes held is within 5 times ${BY_HAND}`, few <= 5, times(few));
  const growth = ours[10_000] / ours[5];
  target('10,000 scopes held cost at most twice what 5 cost', growth <= 2, times(growth));
}

function of(results, name) {
  return results.find((result) => result.name === name);
}
