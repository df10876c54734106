/**
 * `npm run fuzz`: two processes attack every shape for some time.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { readOptions, select } from './options.js';
import type { Options } from './options.js';
import { formatFindings, formatTable } from './report.js';
import { startFuzzer } from './fuzzer.js';
import type { Case } from './send.js';
import { work } from './worker.js';
import type { Report, Task } from './worker.js';

const PROCESSES = 2;
/** Milliseconds between lines where no terminal can overwrite one. */
const INTERVAL = 10_000;

/** Returns the exit code. */
export async function main(args: readonly string[], script: string): Promise<number> {
  if (args[0] === '--worker') return workFor(JSON.parse(args[1] ?? '') as Task);
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  if (options.text !== undefined) console.log(options.text);
  else if (options.replay !== undefined) return replay(options.replay);
  else return attack(options, script);
  return 0;
}

async function attack({ minutes, seed, shapes }: Options, script: string): Promise<number> {
  console.log(`seed ${seed}, ${shapes.length} shapes, ${minutes} minutes, ${PROCESSES} processes`);
  const progress = createProgress();
  const tasks = Array.from({ length: PROCESSES }, (_, index): Task => {
    const names = shapes.map(({ name }) => name);
    // Neighbouring seeds make different requests. The first process gets the requested seed.
    return { shapes: names, seed: seed + index, time: minutes * 60_000 };
  });
  const reports = await Promise.all(
    tasks.map((task, index) => inProcess(script, task, (counts) => progress.tell(index, counts))),
  );
  progress.end();
  console.log(formatTable(reports));
  const isClean = reports.every(({ findings }) => findings.length === 0);
  console.log(isClean ? '\nNothing ran that must not.' : `\n${formatFindings(reports)}`);
  return isClean ? 0 : 1;
}

type Counts = readonly [requests: number, findings: number];
type Message = { readonly counts: Counts } | { readonly report: Report };

function inProcess(script: string, task: Task, tell: (counts: Counts) => void): Promise<Report> {
  const child = fork(script, ['--worker', JSON.stringify(task)]);
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('counts' in message) tell(message.counts);
      else resolve(message.report);
    });
    child.once('exit', (code) => reject(new Error(`a process of the fuzzer ended with ${code}`)));
    child.once('error', reject);
  });
}

async function workFor(task: Task): Promise<number> {
  const report = await work(task, (...counts) => void post({ counts }));
  await post({ report });
  process.disconnect();
  return 0;
}

function post(message: Message): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

async function replay(one: Case): Promise<number> {
  const shapes = select(undefined).concat(select('broken'));
  const shape = shapes.filter(({ name }) => name === one.shape);
  if (shape.length === 0) {
    console.error(`--replay: no shape is called '${one.shape}'; see --list`);
    return 2;
  }
  const fuzzer = await startFuzzer(shape, 0);
  const { answer, ran, kinds } = await fuzzer.ask(one);
  await fuzzer.close();
  console.log(`answer  ${answer}`);
  for (const run of ran) console.log(`ran     ${JSON.stringify(run)}`);
  for (const kind of kinds) console.log(`FOUND   ${kind}`);
  return kinds.length === 0 ? 0 : 1;
}

/** One line that is written anew on a terminal; else one now and then. */
function createProgress() {
  const all = new Map<number, Counts>();
  const started = Date.now();
  let next = started + INTERVAL;
  const { isTTY } = process.stdout;
  return {
    tell(index: number, counts: Counts): void {
      all.set(index, counts);
      const requests = [...all.values()].reduce((sum, [count]) => sum + count, 0);
      const findings = [...all.values()].reduce((sum, [, count]) => sum + count, 0);
      const seconds = Math.round((Date.now() - started) / 1000);
      const line = `${seconds} s, ${requests} requests, ${findings} findings`;
      if (isTTY) process.stdout.write(`\r${line}  `);
      else if (Date.now() >= next) {
        next += INTERVAL;
        console.log(line);
      }
    },
    end(): void {
      if (isTTY) process.stdout.write('\r\u001b[K');
    },
  };
}
