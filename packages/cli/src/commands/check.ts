/** `scopegate check`: sends the requests of clients and attackers to a running server. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { checkResource } from '@scopegate/testing';
import { connect } from '../check/connect.js';
import { formatReport } from '../check/format.js';
import { chooseOperation } from '../check/operation.js';
import type { OperationOptions } from '../check/operation.js';
import { recognize } from '../check/recognize.js';
import type { Context } from '../context.js';
import { readToken } from '../read-token.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { visibleJson } from '../visible.js';

interface Options extends OperationOptions {
  readonly token?: string;
  readonly insufficientToken?: string;
  readonly scope?: readonly string[];
  readonly resource?: string;
  readonly except?: readonly string[];
  readonly timeout: number;
  readonly json: boolean;
}

export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .description(
      'Check a running server: challenges, metadata, bad tokens, other ways in. Ends with 1 if a check fails.',
    )
    .argument('<url>', 'the URL of the protected resource, such as https://notes.example.com/mcp')
    .option(
      '--token <token>',
      'a token that may do the operation; "-" reads standard input (or SCOPEGATE_TOKEN)',
    )
    .option(
      '--insufficient-token <token>',
      'a valid token without the scopes (or SCOPEGATE_INSUFFICIENT_TOKEN)',
    )
    .option(
      '--scope <scope...>',
      'the scopes that the operation needs; without them the 403 is not checked',
    )
    .option('--resource <url>', 'the resource identifier, where it is not the URL')
    .addOption(new Option('--as <kind>', 'what to send').choices(['mcp', 'http']))
    .option('--method <method>', 'the method of the operation')
    .option('--body <text>', 'the body of the operation; it is sent many times')
    .option('--header <line...>', 'another header, "Name: value"')
    .option('--except <check...>', 'checks to leave out, by their names')
    .option('--timeout <ms>', 'milliseconds for each answer', toMilliseconds, 5000)
    .option('--json', 'print the report as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action((url: string, options: Options) => check(url, options, context));
}

async function check(url: string, options: Options, context: Context): Promise<void> {
  const { terminal, style } = context;
  const target = toUrl(url);
  const { operation, says, isMcp } = chooseOperation(target, options);
  const { scope, resource, except, timeout } = options;
  const token = await tokenOf(options.token, 'SCOPEGATE_TOKEN', terminal);
  const insufficientToken = await tokenOf(
    options.insufficientToken,
    'SCOPEGATE_INSUFFICIENT_TOKEN',
    terminal,
  );
  const end = terminal.progress(`Checking ${target.origin}${target.pathname}`);
  try {
    const hint = recognize(await connect(target.href, operation, timeout), isMcp);
    const report = await checkResource(target.href, {
      ...operation,
      timeout,
      ...(token !== undefined && { token }),
      ...(insufficientToken !== undefined && { insufficientToken }),
      ...(scope !== undefined && { scopes: scope }),
      ...(resource !== undefined && { resource, ...pathOn(resource, target) }),
      ...(except !== undefined && { except }),
    });
    end();
    if (report.findings.length > 0) context.status = 1;
    if (options.json) {
      const said = { url: target.href, sent: says, ...(hint !== undefined && { hint }) };
      terminal.out(`${visibleJson({ ...said, ...report })}\n`);
      return;
    }
    terminal.out(`${style.bold(target.href)}  ${style.dim(says)}\n`);
    if (hint !== undefined) terminal.out(`${style.warn('look first')}  ${hint}\n`);
    terminal.out(formatReport(report, context));
    if (token === undefined) terminal.err(WITHOUT_TOKEN);
  } finally {
    end();
  }
}

/**
 * The operation of the given URL, under the host of the resource. Without it, `checkResource` would take the path
 * of the resource. It is absolute, because a path that begins with two slashes would name another host.
 */
function pathOn(resource: string, { pathname, search }: URL): { readonly path?: string } {
  return URL.canParse(resource) ? { path: new URL(resource).origin + pathname + search } : {};
}

/** Returns the token of the option, else of the environment variable. An empty variable counts as absent. */
async function tokenOf(
  given: string | undefined,
  variable: string,
  terminal: Terminal,
): Promise<string | undefined> {
  const token = given ?? (terminal.env[variable] || undefined);
  return token === undefined ? undefined : readToken(token, terminal);
}

function toUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== '')) {
    throw new UsageError('the URL has a user and password in it: leave them out');
  }
  if (url?.protocol === 'https:' || url?.protocol === 'http:') {
    url.hash = '';
    return url;
  }
  const hint = URL.canParse(`https://${text}`) ? `; did you mean https://${text}?` : '';
  throw new UsageError(`${JSON.stringify(text)} is not an http or https URL${hint}`);
}

function toMilliseconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 600_000) return value;
  throw new InvalidArgumentError('Expected whole milliseconds from 1 to 600000.');
}

const WITHOUT_TOKEN =
  'Without a token, bad tokens and scopes were not checked. Give one with --token - or SCOPEGATE_TOKEN.\n';

const EXAMPLES = `
A token on the command line is visible to other users of the machine: use SCOPEGATE_TOKEN or "-".

Examples:
  scopegate check https://notes.example.com/mcp
  SCOPEGATE_TOKEN=... scopegate check http://localhost:3000/mcp --scope notes:read
  scopegate check https://api.example.com/notes --as http --json`;
