/**
 * Runs the official suite and reads its results.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
/** The suite needs Node 22 or newer; the servers run on the Node that runs this. */
const RUNTIME = 'node@24.21.0';

/** One run takes three seconds, the download before the first some more. */
const DEADLINE_MS = 180_000;

export type Revision = '2025-11-25' | '2026-07-28';

export interface Check {
  readonly id: string;
  readonly name: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
  readonly details?: unknown;
}

export interface Findings {
  readonly scenarios: ReadonlyMap<string, readonly Check[]>;
  /** Scenarios that the revision does not require: extensions and later additions. */
  readonly notRequired: ReadonlySet<string>;
}

/** All scenarios of a revision's requirements, or one of them. */
export async function runSuite(
  url: string,
  revision: Revision,
  scenario?: string,
): Promise<Findings> {
  const what =
    scenario === undefined
      ? ['--requirements', revision]
      : ['--scenario', scenario, '--spec-version', revision, '--timeout', '3000'];
  const { output, results } = await conformance(['server', '--url', url, ...what]);
  const scenarios = new Map([...results].map(([name, { checks }]) => [name, checks]));
  return { scenarios, notRequired: readNotRequired(output) };
}

/** The results of one scenario. */
export interface Result {
  readonly checks: readonly Check[];
  /** What a client under test printed. */
  readonly stdout: string;
}

export interface Run {
  /** What the suite printed. */
  readonly output: string;
  readonly results: ReadonlyMap<string, Result>;
}

/**
 * Runs a command of the suite.
 *
 * @throws {@link Error} if it ran no scenario, or did not end in time
 */
export async function conformance(args: readonly string[]): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const output = await run([...args, '-o', folder]);
    const results = await readResults(folder);
    // Exit codes report failed checks, which are compared here; a run without any result is an error.
    if (results.size === 0) throw new Error(`The suite found nothing:\n${output}`);
    return { output, results };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): Promise<string> {
  const command = ['--yes', '-p', RUNTIME, '-p', SUITE, '--', 'conformance', ...args];
  return new Promise((resolve, reject) => {
    const child = spawn('npx', command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      if (signal === null) resolve(output);
      else reject(new Error(`The suite was ended by ${signal}:\n${output}`));
    });
  });
}

/** A folder for each scenario, named `server-<scenario>-<time>`, of clients `<scenario>-<time>`. */
async function readResults(folder: string): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  // Names of scenarios may have a slash.
  for (const path of await readdir(folder, { recursive: true })) {
    const scenario = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(path)?.[1];
    if (scenario === undefined) continue;
    const checks = await readFile(join(folder, path, 'checks.json'), 'utf8');
    const stdout = await readFile(join(folder, path, 'stdout.txt'), 'utf8').catch(() => '');
    results.set(scenario, { checks: JSON.parse(checks) as Check[], stdout });
  }
  return results;
}

function readNotRequired(output: string): ReadonlySet<string> {
  const [, section = ''] = output.split(/^Not scored for .*$/m);
  return new Set([...section.matchAll(/^ {2}\S (\S+) \(/gm)].map(([, name]) => name as string));
}
