/**
 * Runs one command line.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCheck } from './commands/check.js';
import { addDev } from './commands/dev.js';
import { addDiff } from './commands/diff.js';
import { addExplain } from './commands/explain.js';
import { addLint } from './commands/lint.js';
import { addMap } from './commands/map.js';
import type { Context } from './context.js';
import { createStyle } from './style.js';
import { processTerminal } from './terminal.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';
import { visible } from './visible.js';

/**
 * Runs a command line, without the name of the program, and returns its exit status: 0 if nothing is
 * wrong, 1 if the command found something, 2 if it could not do its work. It never throws.
 *
 * @example
 * ```ts
 * import { run } from '@scopegate/cli';
 *
 * const status = await run(['lint', './src/gate.ts']);
 * ```
 */
export async function run(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  const context: Context = { terminal, style: createStyle(terminal.hasColor), status: 0 };
  const program = createProgram(context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isExpected = error instanceof UsageError || error instanceof TypeError;
    const text = isExpected ? error.message : String((error as Error)?.stack ?? error);
    const lines = text.split('\n').map(visible).join('\n');
    terminal.err(`${context.style.bad('error')}  ${lines}\n`);
    return 2;
  }
}

function createProgram(context: Context): Command {
  const { out, err } = context.terminal;
  const program = new Command('scopegate')
    .description('Checks and explains OAuth 2 protected resources.')
    .version(readVersion(), '-V, --version')
    .configureOutput({ writeOut: out, writeErr: (text) => err(withoutValues(text)) })
    .showHelpAfterError('Run it with --help for options and examples.')
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  for (const add of [addCheck, addExplain, addMap, addDiff, addLint, addDev]) add(program, context);
  return program;
}

/**
 * The parser's messages repeat what it does not understand, and that may be a token: `--tokn=...`, or one without
 * its option. Leaves out values of options, texts of 40 or more characters of a token, and what begins as a JWT.
 */
function withoutValues(text: string): string {
  return text
    .replaceAll(/(--?[\w-]{1,40})=[^']+/g, '$1')
    .replaceAll(/[\w.~+/-]{40,}=*|eyJ[\w.-]+/g, '[left out]');
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

const EXIT_CODES = `
Exit status: 0 nothing is wrong, 1 something was found, 2 the command could not do its work.
Each command has examples: scopegate check --help`;
