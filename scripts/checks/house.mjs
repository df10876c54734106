/**
 * The rules of the house (AGENTS.md): a floor imports from floors below it only, another room is
 * entered through its index, what promises to have no dependency has none, adapters only bind, and tests
 * in which a clock decides run alone.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { files } from './files.mjs';

const CORE = 'packages/core/src';

/** Rooms by floor; a room may use the floors below, and rooms named before it on its own floor. */
const FLOORS = [
  [
    'errors',
    'types',
    'values',
    'options',
    'secrets',
    'wait',
    'call-hook',
    'fetch-json',
    'client-authentication',
  ],
  ['http', 'scope'],
  ['challenge', 'metadata'],
  [
    ...['policy', 'token', 'token/jwt', 'token/introspection'],
    ...['token/dpop', 'token/mtls', 'token/ownership', 'token/revocations'],
  ],
  ['decision', 'observe'],
  ['web'],
  ['gate'],
  ['mcp', 'node', 'providers', 'exchange'],
  ['adapter', 'engine', 'index'],
];
const ORDER = FLOORS.flat();

/** What a room may take from outside; everything else has no dependency. */
const OUTSIDE = {
  'client-authentication': [/^jose$/, /^oauth4webapi$/],
  exchange: [/^jose$/, /^oauth4webapi$/],
  'token/jwt': [/^jose$/],
  'token/ownership': [/^jose$/],
  'token/introspection': [/^oauth4webapi$/],
  'token/dpop': [/^jose$/],
  node: [/^node:/],
};

const CORE_ENTRY = /^@scopegate\/core(?:\/(?:adapter|engine|jwt|revocations))?$/;

/** What the other packages may take from outside. */
const PACKAGES = {
  audit: [CORE_ENTRY],
  client: [CORE_ENTRY],
  proxy: [CORE_ENTRY],
  // The clients are the application's.
  'store-redis': [CORE_ENTRY, /^node:crypto$/],
  // A port to listen on, loaded when it is asked for.
  testing: [CORE_ENTRY, /^jose$/, /^node:http$/],
};

/** Words that only core may say: adapters carry answers, they do not word them. */
const WORDING =
  /www-authenticate|authorization['"`]|bearer|insufficient_scope|invalid_token|cache-control|\bvary\b|\b(?:400|401|403|405|408|413|415|503)\b/i;

/** A time that is taken twice. A clock that a gate is given is none. */
const CLOCK = /performance\.now\(|\bhrtime\b|Date\.now\(\) - [a-z]|\bgrowthOf\(/;

export function checkHouse() {
  const sources = files(`${CORE}/**/*.ts`, `${CORE}/*.ts`);
  const adapters = files('packages/adapter-*/src/*.ts', 'packages/adapter-*/src/**/*.ts').filter(
    // It judges adapters by the very words.
    (file) => !file.startsWith('packages/adapter-testkit/'),
  );
  const beside = Object.keys(PACKAGES).flatMap((name) =>
    files(`packages/${name}/src/*.ts`, `packages/${name}/src/**/*.ts`),
  );
  const faults = [
    ...circles(files('packages/*/src/*.ts', 'packages/*/src/**/*.ts')),
    ...sources.flatMap((file) => importFaults(file)),
    ...beside.flatMap((file) => packageFaults(file)),
    ...adapters.flatMap((file) => wordingFaults(file)),
    ...files('packages/*/test/**/*.test.ts').flatMap((file) => clockFaults(file)),
  ];
  const summary = `${sources.length} files of core, ${beside.length} beside it, ${adapters.length} of adapters`;
  return { faults, summary };
}

/** A package enters another through its entries, and has no dependency that is not named above. */
function packageFaults(file) {
  const name = file.split('/')[1];
  const root = `packages/${name}/src`;
  return imports(file).flatMap((target) => {
    const isAllowed = target.startsWith('.')
      ? posix.join(posix.dirname(file), target).startsWith(`${root}/`)
      : PACKAGES[name].some((pattern) => pattern.test(target));
    return isAllowed ? [] : [`${file}: ${name} must not depend on ${target}`];
  });
}

function importFaults(file) {
  const room = roomOf(posix.relative(CORE, file));
  if (!ORDER.includes(room)) return [`${file}: the room ${room} has no floor`];
  return imports(file).flatMap((target) => {
    if (!target.startsWith('.')) {
      const allowed = OUTSIDE[room]?.some((pattern) => pattern.test(target)) === true;
      return allowed ? [] : [`${file}: ${room} must not depend on ${target}`];
    }
    const path = posix.relative(CORE, posix.join(posix.dirname(file), target));
    const other = roomOf(path);
    if (other === room) return [];
    if (ORDER.indexOf(other) > ORDER.indexOf(room)) {
      return [`${file}: imports upwards, from ${other}`];
    }
    const isPublic = path === `${other}/index.js` || path === `${other}.js`;
    return isPublic ? [] : [`${file}: enters ${other} past its index (${path})`];
  });
}

/** Files that import each other, types included: none of them can be read, moved or tested alone. */
function circles(all) {
  const known = new Set(all);
  const targets = new Map(
    all.map((file) => [
      file,
      imports(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => posix.join(posix.dirname(file), target).replace(/\.js$/, '.ts'))
        .filter((target) => known.has(target)),
    ]),
  );
  return components(targets).map((group) => `${group.join(' and ')}: import each other`);
}

/** Groups of files of which each reaches each other (Tarjan's strongly connected components). */
function components(targets) {
  const seen = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    const state = { index: seen.size, low: seen.size, onStack: true };
    seen.set(file, state);
    stack.push(file);
    for (const other of targets.get(file)) {
      const known = seen.get(other);
      if (known === undefined) state.low = Math.min(state.low, visit(other).low);
      else if (known.onStack) state.low = Math.min(state.low, known.index);
    }
    if (state.low === state.index) {
      const group = stack.splice(stack.indexOf(file));
      for (const one of group) seen.get(one).onStack = false;
      if (group.length > 1) found.push(group.toSorted());
    }
    return state;
  };
  for (const file of targets.keys()) if (!seen.has(file)) visit(file);
  return found;
}

function wordingFaults(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const code = line.replace(/^\s*(?:\/?\*|\/\/).*$/, '');
      return WORDING.test(code) ? [`${file}:${index + 1}: an adapter says ${line.trim()}`] : [];
    });
}

/** Beside other tests a clock measures those; what is named `.timed.test.ts` runs alone. */
function clockFaults(file) {
  // All files of this project run alone.
  const runsAlone = file.endsWith('.timed.test.ts') || file.startsWith('packages/store-redis/');
  if (runsAlone || !CLOCK.test(readFileSync(file, 'utf8'))) return [];
  return [`${file}: measures time, so it has to be named *.timed.test.ts`];
}

function imports(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
}

/** `token/jwt` is a room of its own: it alone may depend on jose. */
function roomOf(path) {
  const parts = path.split('/');
  if (parts.length === 1) return parts[0].replace(/\.[jt]s$/, '');
  return parts.length > 2 && ORDER.includes(`${parts[0]}/${parts[1]}`)
    ? `${parts[0]}/${parts[1]}`
    : parts[0];
}
