import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  BAD_TOKENS,
  BODIES,
  CREDENTIALS,
  EMPTY_TOKENS,
  LABELS,
  MESSAGES,
  REVISIONS,
  SCOPES,
  VERBS,
} from '../../core/test/support/cases/index.js';
import { casesFor, startWorld, verify } from '../../core/test/support/parity.js';
import type { Opened, Run, World } from '../../core/test/support/parity.js';
import { BINDINGS } from './support/bindings.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe.each(BINDINGS)('$name', (binding) => {
  describe.each(binding.parsers)('JSON parser %s the gate', (parser) => {
    const runs: Run[] = [];
    let opened: Opened;
    beforeAll(async () => {
      opened = await binding.open({ routes: world.routes, parser, runs });
    });
    afterAll(() => opened.close());
    const of = (cases: Parameters<typeof casesFor>[0]) => casesFor(cases, binding, parser);
    const go = (one: Parameters<typeof verify>[0]) =>
      verify(one, { opened, tokens: world.tokens, runs });

    test.each(of(BAD_TOKENS))(
      'bad token, $name: 401, one public text, nothing ran [AH-8, AH-10, AH-15, CH-1, JW-1, JW-2, JW-3, JW-4, JW-5, JW-7, JW-9, JW-11, T45, T60, T67]',
      go,
    );
    test.each(of(EMPTY_TOKENS))(
      'token that grants nothing, $name: 403 [SC-1, SC-8, T03, T06, T07, T08]',
      go,
    );
    test.each(of(SCOPES))(
      'scopes: $name [C403-1, C403-2, C403-5, C403-6, SC-1, SC-2, SC-3, SC-5, SC-6, SC-8, JW-1, OP-13, T02, T09, T13]',
      go,
    );
    test.each(of(CREDENTIALS))(
      'credentials: $name [AH-1, AH-2, AH-4, AH-5, AH-6, AH-7, AH-9, AH-11, AH-14, C401-2, C401-6, T46, T49, T71]',
      go,
    );
    test.each(of(VERBS))('verbs: $name [OP-14, T31]', go);
    test.each(of(MESSAGES))('messages: $name [OP-10, OP-12, T20, T21, T22, T23]', go);
    test.each(of(BODIES))('bodies: $name [T27, T29, T30]', go);
    test.each(of(LABELS))('labels: $name [T26, T28, T29]', go);
    test.each(of(REVISIONS))('revisions: $name [C403-3, OP-3, OP-4, OP-6, OP-7, OP-9, T24]', go);
  });
});
