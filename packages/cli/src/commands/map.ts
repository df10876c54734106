/** `scopegate map`: which token reaches which operation. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { formatScopeMap, scopeMap } from '@scopegate/audit';
import type { Context } from '../context.js';
import { loadGate } from '../load-gate.js';

interface Options {
  readonly format: 'text' | 'markdown' | 'json';
}

export function addMap(program: Command, context: Context): void {
  program
    .command('map')
    .description("Print a gate's scope map: each operation, what it needs, and who passes.")
    .argument('<module>', 'the module that exports the gate')
    .addOption(
      new Option('--format <format>', 'json is what `scopegate diff` compares')
        .choices(['text', 'markdown', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (module: string, { format }: Options) => {
      context.terminal.out(formatScopeMap(scopeMap(await loadGate(module)), format));
    });
}

const EXAMPLES = `
Examples:
  scopegate map ./src/gate.ts
  scopegate map ./src/gate.ts --format json > scope-map.json`;
