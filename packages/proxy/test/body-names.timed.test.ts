import { expect, test } from 'vitest';
import { FormNames, JsonNames, PartNames } from '../src/body-names.js';

test.each([
  ['form', FormNames, ['+', '%20', 'a', 'a=', '_method', '&']],
  ['JSON', JsonNames, ['"', '\\', '{"', '[', '"_method" ', '\\u005f']],
  ['multipart', PartNames, ['\n', '\ncontent-id', '\ncontent-id\n\n', '\ncontent-disposition:;']],
] as const)(
  '%s: a million characters are read in one pass',
  (_what, Names, units) => {
    for (const unit of units) {
      const names = new Names((name) => name === 'never');
      const text = unit.repeat(1_000_000 / unit.length);
      const begun = performance.now();
      for (let i = 0; i < text.length; i += 65_536) names.push(text.slice(i, i + 65_536));
      names.end();
      // A tenth of it on an idle machine; each character looking back at all others takes minutes.
      expect(performance.now() - begun, unit).toBeLessThan(3_000);
    }
  },
  60_000,
);
