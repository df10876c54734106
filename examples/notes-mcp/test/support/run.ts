/** Runs the built demo as its users do: as a process. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with all of stdout once it holds the text, rejects if the process ends before. */
  printed(text: string): Promise<string>;
}

export function start(args: readonly string[], nodeArgs: readonly string[] = []): Running {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first (pnpm run build)`);
  const child = spawn(process.execPath, [...nodeArgs, MAIN, ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const printed = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.includes(text)) resolve(stdout);
      };
      child.stdout.on('data', look);
      child.once('close', () => reject(new Error(`ended without "${text}": ${stdout}${stderr}`)));
      look();
    });
  return { process: child, finished, printed };
}

export function run(args: readonly string[], nodeArgs?: readonly string[]): Promise<Finished> {
  return start(args, nodeArgs).finished;
}
