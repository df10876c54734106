/** `scopegate lint`: rules that are legal and probably mistakes. */
import type { Command } from 'commander';
import { lintPolicy } from '@scopegate/audit';
import type { LintFinding } from '@scopegate/audit';
import type { Context } from '../context.js';
import { loadGate } from '../load-gate.js';
import { table } from '../style.js';
import { visibleJson } from '../visible.js';

interface Options {
  readonly tool: readonly string[] | undefined;
  readonly json: boolean;
}

export function addLint(program: Command, context: Context): void {
  program
    .command('lint')
    .description("Find mistakes in a gate's rules. Ends with 1 for errors and warnings.")
    .argument('<module>', 'the module that exports the gate')
    .option('--tool <name...>', 'the names of all tools of the server, to compare with the rules')
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (module: string, { tool, json }: Options) => {
      const { terminal, style } = context;
      const findings = lintPolicy(
        await loadGate(module),
        tool === undefined ? {} : { tools: tool },
      );
      if (findings.some(({ severity }) => severity !== 'info')) context.status = 1;
      if (json) terminal.out(`${visibleJson(findings)}\n`);
      else if (findings.length === 0) terminal.out(`${style.good('ok')}  no mistakes found\n`);
      else terminal.out(format(findings, context));
    });
}

function format(findings: readonly LintFinding[], { terminal, style }: Context): string {
  const severity = { error: style.bad('error'), warning: style.warn('warning'), info: 'info' };
  return table(
    ['', 'where', 'what', 'how to mend'],
    findings.map((found) => [
      severity[found.severity],
      found.where,
      `${found.message} ${style.dim(`(${found.code})`)}`,
      found.howToMend,
    ]),
    { columns: terminal.columns, shares: [2, 4, 8, 8] },
  );
}

const EXAMPLES = `
Examples:
  scopegate lint ./src/gate.ts
  scopegate lint ./src/gate.ts --tool read_notes add_note admin_purge`;
