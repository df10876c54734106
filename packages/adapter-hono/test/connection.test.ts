import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  andIsAnswered,
  andStaysUsable,
  goesAway,
  tooLargeAtOnce,
  tooLargeByLength,
  tooLargeOnTheWay,
  tooSlow,
  unreadBody,
} from '../../core/test/support/connections.js';
import type { Listening } from '../../core/test/support/connections.js';
import { startWorld } from '../../core/test/support/parity.js';
import type { World } from '../../core/test/support/parity.js';
import { BINDINGS } from './support/bindings.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe.each(BINDINGS.filter(({ wire }) => wire === 'socket'))('$name', (binding) => {
  let here: Listening;
  beforeAll(async () => {
    const runs: Listening['runs'] = [];
    const opened = await binding.open({ routes: world.routes, parser: 'absent', runs });
    here = { opened, tokens: world.tokens, runs };
  });
  afterAll(() => here.opened.close());

  test.each([
    ['a body that nobody read', unreadBody],
    ['a body whose length says too much', tooLargeByLength],
    ['a body that comes too slowly', tooSlow],
  ])('%s: refused, and the connection stays usable [T29]', (_what, check) =>
    andStaysUsable(check, here),
  );

  // What is left of a stream that was begun, Hono's server reads for half a second, then it closes.
  test.each([
    ['that grows too large', tooLargeOnTheWay],
    ['that is too large at once', tooLargeAtOnce],
  ])('a body without a length %s: the refusal arrives [T29]', (_what, check) =>
    andIsAnswered(check, here),
  );

  test.each([
    ['before the body', ''],
    ['in the middle of the body', '{"jsonrpc"'],
  ])('a client that goes away %s harms nobody [T25, T29]', (_when, sent) => goesAway(sent, here));
});
