/**
 * Mutation tests, room by room, since one run over all of core takes most of a day.
 *
 *   npm run test:mutation -- gate observe
 *   npm run test:mutation -- gate --files cors.ts,metadata.ts
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CORE = 'packages/core';
/** The rooms of the grammar and the rules are read by the tests of each other. */
const RULES = ['http', 'scope', 'challenge', 'policy', 'mcp', 'gate/options.test.ts'];

/** What each room is made of under `src/`, and the tests under `test/` that reach it. */
const ROOMS = {
  http: { source: 'http', tests: RULES },
  scope: { source: 'scope', tests: RULES },
  challenge: { source: 'challenge', tests: RULES },
  policy: { source: 'policy', tests: RULES },
  metadata: { source: 'metadata', tests: ['metadata', 'observe', 'gate'] },
  observe: { source: 'observe', tests: ['observe', 'gate', 'policy/recent-login.test.ts'] },
  web: { source: 'web', tests: ['web', 'gate'] },
  gate: {
    source: 'gate',
    tests: ['gate', 'mcp', 'metadata', 'node', 'observe', 'token/dpop', 'web'],
  },
  mcp: { source: 'mcp', tests: ['mcp', 'gate'] },
  token: {
    source: 'token',
    isFlat: true,
    tests: [
      ...['token/*.test.ts', 'token/dpop', 'token/introspection', 'token/mtls'],
      ...['gate/revocations.test.ts', 'gate/options.test.ts', 'observe/refusal-details.test.ts'],
    ],
  },
  jwt: {
    source: 'token/jwt',
    tests: ['token/*.test.ts', 'token/dpop/dpop.test.ts', 'observe/refusal-details.test.ts'],
  },
  introspection: {
    source: 'token/introspection',
    tests: ['token', 'observe/refusal-details.test.ts'],
  },
  dpop: { source: 'token/dpop', tests: ['token/dpop', 'token/*.test.ts'] },
  mtls: { source: 'token/mtls', tests: ['token/mtls', 'token/*.test.ts'] },
  ownership: { source: 'token/ownership', tests: ['token/ownership', 'mcp'] },
  revocations: { source: 'token/revocations', tests: ['token'] },
  exchange: { source: 'exchange', tests: ['exchange'] },
  node: { source: 'node', tests: ['node', 'gate', 'parity/adapter.test.ts'] },
};

const NAMES = Object.keys(ROOMS).join(' ');
const USAGE = `npm run test:mutation -- <room>... [--files <name>,...]

Rooms: ${NAMES}

--files  only these files of the rooms, or places in them (cors.ts:12-20)
--help   show this text

What a run that is stopped has found is in reports/mutation/events.`;

process.exitCode = main(process.argv.slice(2));

function main(args) {
  const { values, positionals: names, fault } = readArguments(args);
  if (values?.help) {
    console.log(USAGE);
    return 0;
  }
  if (fault !== undefined) {
    console.error(`${fault}\n\n${USAGE}`);
    return 2;
  }
  const rooms = names.map((name) => ROOMS[name]);
  const mutate = rooms.flatMap(({ source, isFlat }) => {
    const files = values.files?.split(',') ?? [isFlat ? '*.ts' : '**/*.ts'];
    return files.map((file) => `${CORE}/src/${source}/${file}`);
  });
  const tests = [...new Set(rooms.flatMap((room) => room.tests))].map((test) => {
    const files = test.endsWith('.ts') ? '' : '/**/*.test.ts';
    return `${CORE}/test/${test}${files}`;
  });
  const all = [...mutate, `!${CORE}/src/**/index.ts`, `!${CORE}/src/**/types.ts`];
  const stryker = fileURLToPath(new URL('../node_modules/.bin/stryker', import.meta.url));
  const { status } = spawnSync(stryker, ['run', '--mutate', all.join()], {
    stdio: 'inherit',
    env: { ...process.env, MUTATION_TESTS: JSON.stringify(tests) },
  });
  return status ?? 1;
}

function readArguments(args) {
  const options = { files: { type: 'string' }, help: { type: 'boolean' } };
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values, positionals, fault: faultOf(positionals, values.files) };
  } catch (error) {
    return { fault: error.message };
  }
}

/** Why these rooms and files cannot be run; `undefined` if they can. */
function faultOf(names, files) {
  if (names.length === 0) return 'Which room?';
  const unknown = names.find((name) => !Object.hasOwn(ROOMS, name));
  if (unknown !== undefined) return `No room is called '${unknown}'.`;
  const folders = names.map((name) => `${CORE}/src/${ROOMS[name].source}`);
  const absent = folders.find((folder) => !existsSync(folder));
  if (absent !== undefined) return `${absent} is not there.`;
  const isThere = (file) =>
    folders.some((folder) => existsSync(`${folder}/${file.replace(/:.*/, '')}`));
  const missing = files?.split(',').find((file) => !isThere(file));
  return missing === undefined ? undefined : `None of these rooms has a file '${missing}'.`;
}
