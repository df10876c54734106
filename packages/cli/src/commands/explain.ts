/** `scopegate explain`: why a gate accepts or refuses a token. */
import type { Command } from 'commander';
import { explainToken, formatExplanation } from '@scopegate/testing';
import type { Context } from '../context.js';
import { loadGate } from '../load-gate.js';
import { readToken } from '../read-token.js';
import { visibleJson } from '../visible.js';

interface Options {
  readonly gate: string;
  readonly json: boolean;
}

export function addExplain(program: Command, context: Context): void {
  program
    .command('explain')
    .description(
      'Say what a gate expects of a token and what it finds. The token is never printed.',
    )
    .argument('[token]', 'the token; "-" reads it from standard input', '-')
    .requiredOption('--gate <module>', 'the module that exports the gate')
    .option('--json', 'print the checks as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (token: string, options: Options) => {
      const { terminal } = context;
      const gate = await loadGate(options.gate);
      const explanation = await explainToken(gate, await readToken(token, terminal));
      if (explanation.outcome !== 'accepted') context.status = 1;
      terminal.out(
        options.json ? `${visibleJson(explanation)}\n` : `${formatExplanation(explanation)}\n`,
      );
    });
}

const EXAMPLES = `
Examples:
  pbpaste | scopegate explain --gate ./src/gate.ts
  scopegate explain "$TOKEN" --gate ./dist/gates.js#admin --json`;
