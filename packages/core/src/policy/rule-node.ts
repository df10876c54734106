/**
 * What makes an object a rule: a symbol of its own.
 *
 * @module
 */

const brand: unique symbol = Symbol.for('scopegate.rule');

export interface RuleObject<Kind extends string> {
  readonly [brand]: true;
  readonly kind: Kind;
}

/** Makes a frozen rule object with these members. */
export function makeNode<R extends RuleObject<string>>(
  kind: R['kind'],
  members: Omit<R, keyof RuleObject<string>>,
): R {
  return Object.freeze({ [brand]: true, kind, ...members }) as unknown as R;
}

/** Whether the symbol is the value's own: neither JSON nor a polluted prototype can make a rule. */
export function hasBrand(value: unknown): value is RuleObject<string> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, brand);
}
