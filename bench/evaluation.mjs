/** Whether held scopes satisfy a rule. */
import { allOf, anyOf, defineScopes, evaluate } from '@scopegate/core';
import { row } from './measure.mjs';

const names = Array.from({ length: 10_000 }, (_unused, index) => `scope:${index}`);
const catalogue = defineScopes(names.slice(0, 500));

export async function evaluation() {
  const alternatives = [
    ['scope:400', 'scope:401'],
    ['scope:3', 'scope:4'],
  ];
  const rule = anyOf(...alternatives.map((scopes) => allOf(...scopes)));
  const base = {};
  for (const held of [5, 50, 1_000, 10_000]) {
    const list = names.slice(0, held);
    const set = new Set(list);
    const times = await row(`evaluate: 2 alternatives of 2, ${held} scopes held`, {
      'scopegate, scopes as a Set': () => evaluate(rule, set, catalogue),
      'some(every(includes))': () =>
        alternatives.some((scopes) => scopes.every((scope) => list.includes(scope))),
      'some(every(includes)), text split': () => {
        const split = list.join(' ').split(' ');
        return alternatives.some((scopes) => scopes.every((scope) => split.includes(scope)));
      },
    });
    base[held] = times['scopegate, scopes as a Set'];
  }
  console.log(`\n  10,000 held over 5 held: ${(base[10_000] / base[5]).toFixed(2)} x`);

  const many = Array.from({ length: 100 }, (_unused, i) => [`scope:${i}`, `scope:${i + 200}`]);
  const wide = anyOf(...many.map((scopes) => allOf(...scopes)));
  const list = names.slice(99, 300);
  const set = new Set(list);
  await row('evaluate: 100 alternatives, the last one holds, 201 scopes held', {
    'scopegate, scopes as a Set': () => evaluate(wide, set, catalogue),
    'some(every(includes))': () =>
      many.some((scopes) => scopes.every((scope) => list.includes(scope))),
  });
}
