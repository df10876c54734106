#!/usr/bin/env node
/**
 * Runs the suite and the vectors on every runtime and framework version, prints one table, and ends with 1 if a
 * cell fails.
 *
 *   npm run test:matrix                        everything (about ten minutes on two cores)
 *   npm run test:matrix -- --only Bun,workerd  some rows
 *   npm run test:matrix -- --columns 'Koa 2'   some columns
 *   npm run test:matrix -- --whole             the whole suite of vitest, not its fast form
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { VERSIONS, findRuntime } from '../../scripts/find-runtime.mjs';
import { bundlePrograms } from './bundle.mjs';
import { COLUMNS, runCell } from './cells.mjs';
import { formatTable } from './table.mjs';
import { startWorker } from './worker.mjs';

const ROWS = [
  ...VERSIONS.node.map((version) => ({ title: `Node ${version}`, name: 'node', version })),
  { title: 'Bun', name: 'bun', version: VERSIONS.bun },
  { title: 'Deno', name: 'deno', version: VERSIONS.deno },
  { title: 'workerd', name: 'workerd' },
];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    columns: { type: 'string' },
    whole: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const rows = select(ROWS, values.only);
const columns = select(COLUMNS, values.columns);
if (values.help || rows.length === 0 || columns.length === 0) {
  console.log(`usage: npm run test:matrix -- [--whole] [--only ROW,...] [--columns COLUMN,...]
rows     ${titlesOf(ROWS)}
columns  ${titlesOf(COLUMNS)}`);
  process.exit(values.help ? 0 : 2);
}

const runtimes = [];
const folder = await mkdtemp(`${tmpdir()}/scopegate-matrix-`);
try {
  const programs = await bundlePrograms(folder);
  const cells = [];
  for (const row of rows) {
    const runtime = await prepare(row, programs);
    runtimes.push(runtime);
    for (const column of columns) cells.push({ row, column, runtime });
  }
  const results = await runAll(cells, (cell) => runCell(cell, programs, values));
  console.log(`\n${formatTable(rows, columns, results)}`);
  for (const { row, column, problems = [] } of results) {
    if (problems.length === 0) continue;
    process.exitCode = 1;
    console.log(`\nFAULT  ${row.title}, ${column.title}`);
    for (const problem of problems.slice(0, 20)) console.log(`       ${problem}`);
    if (problems.length > 20) console.log(`       and ${problems.length - 20} more`);
  }
} finally {
  for (const runtime of runtimes) await runtime.stop?.();
  await rm(folder, { recursive: true });
}

function titlesOf(list) {
  return list.map(({ title }) => title).join(', ');
}

/** Those whose title begins with one of `names`; all without names. */
function select(list, names) {
  const wanted = names?.split(',');
  return wanted === undefined
    ? list
    : list.filter(({ title }) => wanted.some((name) => title.startsWith(name)));
}

/** The program of a runtime; for workerd a server. What cannot be installed is a fault of its row. */
async function prepare({ name, version }, programs) {
  if (name === 'workerd') return startWorker(programs);
  return findRuntime(name, version).then(
    (path) => ({ path }),
    (error) => ({ missing: error.message }),
  );
}

/** As many at a time as there are processors, and says on standard error what is done. */
async function runAll(cells, run) {
  const results = [];
  const queue = cells.entries();
  const work = async () => {
    for (const [index, cell] of queue) {
      const outcome = await run(cell);
      results[index] = { ...cell, ...outcome };
      if (outcome.text !== '') {
        console.error(`${cell.row.title}, ${cell.column.title}: ${outcome.text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}
