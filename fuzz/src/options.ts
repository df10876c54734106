/**
 * The command line.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { BROKEN } from './bindings/broken.js';
import { SHAPES } from './bindings/index.js';
import type { Shape } from './bindings/shape.js';
import type { Case } from './send.js';

export const HELP = `usage: npm run fuzz -- [options]

Sends generated requests to every binding, parser and MCP server, and compares what ran
with what the caller's token allows. Exits with 1 if anything ran that must not.

  --minutes <number>  how long (default 1)
  --seed <number>     makes the same requests again (default: a new one, which is printed)
  --only <list>       groups or parts of names of shapes, with commas: express,proxy
  --replay <json>     sends one request, as a finding prints it, and shows what ran
  --list              shows the shapes
  --help              shows this

Groups: ${[...new Set([...SHAPES, ...BROKEN].map(({ group }) => group))].join(', ')}. The last are gates
that are broken on purpose; they run only if they are named.`;

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly shapes: readonly Shape[];
  readonly replay: Case | undefined;
  /** What to print instead of running. */
  readonly text: string | undefined;
}

/** @throws {@link TypeError} that says which option is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
      replay: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const shapes = select(values.only);
  const list = shapes.map(({ name, group }) => `${group.padEnd(8)} ${name}`).join('\n');
  return {
    minutes: numberIn('--minutes', values.minutes, [0.01, 10_000]),
    seed: Math.floor(numberIn('--seed', values.seed, [0, 2 ** 32 - 1])),
    shapes,
    replay: values.replay === undefined ? undefined : toCase(values.replay),
    text: values.help ? HELP : values.list ? list : undefined,
  };
}

export function select(only: string | undefined): readonly Shape[] {
  if (only === undefined) return SHAPES;
  const parts = only.split(',').map((part) => part.trim());
  return parts.flatMap((part) => {
    const all = [...SHAPES, ...BROKEN];
    const found = all.filter(({ group }) => group === part);
    const named = found.length > 0 ? found : all.filter(({ name }) => name.includes(part));
    if (named.length > 0) return named;
    throw new TypeError(`--only: no shape is called '${part}'; see --list`);
  });
}

function numberIn(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new TypeError(`${name}: expected a number from ${least} to ${most}`);
}

function toCase(text: string): Case {
  const { shape, server, request } = JSON.parse(text) as Partial<Case>;
  if (shape === undefined || server === undefined || request === undefined) {
    throw new TypeError('--replay: expected shape, server and request, as a finding prints them');
  }
  return { shape, server, request };
}
