import { afterAll, beforeAll, describe, test } from 'vitest';
import {
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
    ['a body that grows too large', tooLargeOnTheWay],
    ['a large body at once', tooLargeAtOnce],
    ['a body that comes too slowly', tooSlow],
  ])('%s: refused, and the connection stays usable [T29]', (_what, check) =>
    andStaysUsable(check, here),
  );

  test.each([
    ['before the body', ''],
    ['in the middle of the body', '{"jsonrpc"'],
  ])('a client that goes away %s harms nobody [T25, T29]', (_when, sent) => goesAway(sent, here));
});
