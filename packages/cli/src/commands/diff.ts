/** `scopegate diff`: who gains and who loses access between two scope maps. */
import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { diffScopeMaps, formatDiff, scopeMap } from '@scopegate/audit';
import type { ScopeMap } from '@scopegate/audit';
import type { Context } from '../context.js';
import { loadGate } from '../load-gate.js';
import { UsageError } from '../usage-error.js';
import { visibleJson } from '../visible.js';

interface Options {
  readonly format: 'text' | 'markdown' | 'json';
  readonly allowWidening: boolean;
}

export function addDiff(program: Command, context: Context): void {
  program
    .command('diff')
    .description('Compare two scope maps. Ends with 1 if a token gains access.')
    .argument('<before>', 'a scope map as JSON, or a module that exports a gate')
    .argument('<after>', 'likewise')
    .addOption(
      new Option('--format <format>').choices(['text', 'markdown', 'json']).default('text'),
    )
    .option('--allow-widening', 'end with 0 also if a token gains access', false)
    .addHelpText('after', EXAMPLES)
    .action(async (before: string, after: string, options: Options) => {
      const diff = diffScopeMaps(await loadMap(before), await loadMap(after));
      const gains = diff.operations.some(({ gained }) => gained.length > 0);
      if (gains && !options.allowWidening) context.status = 1;
      const { out, err } = context.terminal;
      out(options.format === 'json' ? `${visibleJson(diff)}\n` : formatDiff(diff, options.format));
      if (context.status === 1) err('A token gains access. If that is meant: --allow-widening.\n');
    });
}

async function loadMap(path: string): Promise<ScopeMap> {
  if (!path.endsWith('.json')) return scopeMap(await loadGate(path));
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ScopeMap;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be read as a scope map: ${text}`, { cause: error });
  }
}

const EXAMPLES = `
Examples:
  scopegate diff scope-map.json ./src/gate.ts
  scopegate diff before.json after.json --format markdown`;
