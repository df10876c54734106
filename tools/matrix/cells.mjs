/** What a cell of the matrix runs, and what its outcome comes to. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KNOWN } from './known.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `bindings`: harnesses of the adapter suite. */
export const COLUMNS = [
  { title: 'suite' },
  { title: 'vectors' },
  { title: 'fetch', bindings: ['gate.fetch'] },
  { title: 'node:http', bindings: ['node:http'] },
  { title: 'Express 5', bindings: ['Express 5'] },
  { title: 'Express 4', bindings: ['Express 4'] },
  {
    title: 'Fastify 5',
    bindings: ['Fastify, on a route', 'Fastify, in a scope', 'Fastify, around a handler'],
  },
  { title: 'Hono 4', bindings: ['Hono on Node', 'Hono on fetch'] },
  { title: 'Koa 3', bindings: ['Koa 3'] },
  { title: 'Koa 2', bindings: ['Koa 2'] },
];

/** Returns `{ text, problems }`; the text is empty where the runtime has no such cell. */
export async function runCell({ row, column, runtime }, programs, { whole }) {
  if (runtime.missing !== undefined) return { text: 'MISSING', problems: [runtime.missing] };
  if (row.name === 'workerd') return runWorkerCell(column, runtime, programs);
  if (column.title === 'suite')
    return row.name === 'node' ? runSuite(runtime.path, whole) : { text: '' };
  const command = [runtime.path, ...(row.name === 'deno' ? ['run', '--allow-all'] : [])];
  if (column.title === 'vectors') {
    return judge(row, [await outcomeOf([...command, `${programs}/run-vectors.mjs`])]);
  }
  const outcomes = [];
  for (const binding of column.bindings) {
    const suite = [...command, `${programs}/run-adapter.mjs`, binding];
    const outcome = await outcomeOf(suite);
    // Some cases measure time: on a loaded machine they get a second try.
    const isClean = judge(row, [outcome], [binding]).problems.length === 0;
    outcomes.push(isClean ? outcome : await outcomeOf(suite));
  }
  return judge(row, outcomes, column.bindings);
}

/** The vectors run inside of workerd; `answers.json` is sent to it from Node. */
async function runWorkerCell({ title }, { url }, programs) {
  const row = { title: 'workerd' };
  if (title === 'vectors') return judge(row, [await (await fetch(`${url}/vectors`)).json()]);
  if (title !== 'fetch') return { text: '' };
  return judge(row, [await outcomeOf([process.execPath, `${programs}/run-answers.mjs`, url])]);
}

/** Vitest over the packages. What measures time gets a second try: other cells run beside it. */
async function runSuite(path, whole) {
  const args = [
    `${root}node_modules/vitest/vitest.mjs`,
    ...['run', '--typecheck.enabled=false', '--retry=1', '--reporter=./scripts/plain-summary.mjs'],
    ...(whole ? [] : ['--mode=fast']),
  ];
  const { stdout, problem } = await run([path, ...args]);
  const [, passed, failed] = /^(\d+) passed, (\d+) failed/m.exec(stdout) ?? [];
  if (problem === undefined && failed === '0') return { text: passed, problems: [] };
  // What failed stands on standard output; warnings of the tests are on the other one.
  const failures = stdout.split('\n').filter((line) => /^ *(?:FAIL|×)|Error: /.test(line));
  return { text: 'FAULT', problems: failures.length > 0 ? failures : [problem ?? stdout] };
}

async function outcomeOf(command) {
  const { stdout, problem } = await run(command);
  if (problem !== undefined) return { passed: 0, failures: [problem] };
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? JSON.parse(line) : { passed: 0, failures: [stdout] };
}

async function run([program, ...args]) {
  return promisify(execFile)(program, args, {
    ...{ cwd: root, timeout: 40 * 60_000, maxBuffer: 2 ** 26, killSignal: 'SIGKILL' },
  }).catch((error) => ({
    stdout: error.stdout ?? '',
    problem: `${error.stderr || error.stdout || error.message}`.trim().slice(-2000),
  }));
}

/** A known failure is none; a known one that did not happen is. No test at all is a failure, too. */
function judge(row, outcomes, bindings = []) {
  const problems = [];
  let [passed, expected] = [0, 0];
  for (const [index, outcome] of outcomes.entries()) {
    const known = bindings.length === 0 ? [] : knownOf(row, bindings[index]);
    passed += outcome.passed;
    if (outcome.passed === 0) problems.push('nothing passed');
    const seen = new Set();
    for (const failure of outcome.failures) {
      const one = known.find(({ title }) => failure.includes(` > ${title} [`));
      if (one === undefined) problems.push(failure);
      else seen.add(one);
    }
    expected += seen.size;
    for (const one of known) {
      if (seen.has(one) || one.depends === true) continue;
      problems.push(`passes, so that known.mjs is stale (${one.reason}): ${one.title}`);
    }
  }
  const text = expected > 0 ? `${passed}, ${expected} known` : `${passed}`;
  return { text: problems.length > 0 ? 'FAULT' : text, problems };
}

function knownOf({ title }, binding) {
  return KNOWN.filter((one) => one.runtime === title && one.in.test(binding));
}
