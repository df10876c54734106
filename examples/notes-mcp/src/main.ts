/**
 * The command line of the demo. Exit code 0 only if everything it shows really happened.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { runDemo } from './demo.js';
import { serve } from './serve.js';

const USAGE = `Usage: npm run demo -- [options]

A guarded MCP server, its authorization server and the official client: every
request as it happens, on free ports of localhost, without an account.

  --hono    serve on Hono instead of Express
  --serve   keep the servers up and print three curl lines to try by hand
  --help    print this

Exit code: 0 if everything it shows happened, 1 if not, 2 for bad arguments.`;

/** In milliseconds. The demo takes seconds; one that hangs is ended. */
const DEADLINE_MS = 60_000;

const OPTIONS = {
  hono: { type: 'boolean', default: false },
  serve: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options instanceof Error) {
    console.error(`${options.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const deadline = setTimeout(() => {
    console.error(`\nThe demo failed: not done after ${DEADLINE_MS / 1000} seconds`);
    process.exit(1);
  }, DEADLINE_MS);
  const framework = options.hono ? 'hono' : 'express';
  try {
    if (options.serve) {
      const untilStopped = (): Promise<void> => {
        clearTimeout(deadline);
        return stopped();
      };
      await serve({ framework, untilStopped }, print);
    } else {
      await runDemo({ framework }, print);
    }
    return 0;
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    clearTimeout(deadline);
  }
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // Its messages are for people: "Unknown option '--hon'."
    return error as Error;
  }
}

function print(line: string): void {
  console.log(line);
}

/** Resolves at Ctrl-C, and when the process is asked to end or the terminal closes. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve());
    }
  });
}
