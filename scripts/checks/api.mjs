/**
 * The public names of every package, with their kinds and signatures, stand in `api/<package>.api.txt`: a
 * change of them is seen in review, and nobody changes one without noticing.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { files } from './files.mjs';

/** How many values an entry may have: what is public is hard to take back. */
const LIMITS = { '@scopegate/core': 40, '@scopegate/core/engine': 17 };

export function checkApi({ write = false } = {}) {
  const manifests = files('packages/*/package.json');
  const faults = [];
  let names = 0;
  for (const manifest of manifests) {
    const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8'));
    const folder = dirname(manifest);
    const report = reportOf(name, folder, exports);
    if (report === undefined) {
      faults.push(`${folder}: not built; run the build first`);
      continue;
    }
    names += report.names;
    faults.push(...report.faults);
    const file = `api/${posix.basename(folder)}.api.txt`;
    if (write) {
      mkdirSync('api', { recursive: true });
      writeFileSync(file, report.text);
    } else if (!existsSync(file) || readFileSync(file, 'utf8') !== report.text) {
      faults.push(
        `${file}: is not what ${folder} exports; see the difference after check.mjs --write`,
      );
    }
  }
  return { faults, summary: `${names} public names in ${manifests.length} packages` };
}

function reportOf(name, folder, exports) {
  const parts = [];
  const faults = [];
  let names = 0;
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target !== 'object') continue;
    const types = posix.join(folder, target.types);
    if (!existsSync(types)) return undefined;
    const found = [...exportedFrom(types)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    names += found.length;
    const values = found.filter(([, { text }]) => !isType(text)).length;
    const limit = LIMITS[posix.join(name, entry)];
    if (values > limit)
      faults.push(`${posix.join(name, entry)}: ${values} values, at most ${limit}`);
    parts.push(
      `${posix.join(name, entry)}: ${values} values, ${found.length - values} types`,
      ...found.map(([exported, { text }]) => indent(rename(text, exported))),
      '',
    );
  }
  return { names, faults, text: `${parts.join('\n').trimEnd()}\n` };
}

/** Name to declaration, through `export { ... } from`. */
function exportedFrom(file) {
  const found = new Map();
  const statements = statementsOf(file);
  for (const text of statements) {
    const relayed = /^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?;$/s.exec(text);
    if (relayed !== null) {
      const source =
        relayed[2] === undefined
          ? undefined
          : posix.join(dirname(file), relayed[2].replace(/\.js$/, '.d.ts'));
      for (const item of relayed[1].split(',')) {
        const [, from, to = from] = /^\s*(?:type )?(\w+)(?: as (\w+))?\s*$/.exec(item) ?? [];
        if (from === undefined) continue;
        const declared =
          source === undefined ? local(statements, from) : exportedFrom(source).get(from);
        if (declared === undefined) throw new Error(`${file}: ${from} is declared nowhere`);
        found.set(to, declared);
      }
      continue;
    }
    const declared = declarationName(text);
    if (declared !== undefined && text.startsWith('export ')) add(found, declared, text);
  }
  return found;
}

function local(statements, name) {
  const text = statements.filter((one) => declarationName(one) === name).join('\n');
  return text === '' ? undefined : { text };
}

/** Overloads of one name stand together. */
function add(found, name, text) {
  const before = found.get(name);
  found.set(name, { text: before === undefined ? text : `${before.text}\n${text}` });
}

/** Declarations of a built file, without comments: a statement begins where a line is not indented. */
function statementsOf(file) {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .replaceAll(/^\/\/.*$/gm, '');
  const statements = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (/^(?:export|declare|interface|type|import|class|const|function|abstract)\b/.test(line))
      statements.push(line);
    else if (statements.length > 0) statements[statements.length - 1] += `\n${line}`;
  }
  return statements;
}

function declarationName(text) {
  return /^(?:export )?(?:declare )?(?:abstract )?(?:class|const|function|interface|type|let) (\w+)/.exec(
    text,
  )?.[1];
}

function isType(text) {
  return /^(?:export )?(?:declare )?(?:interface|type) /.test(text);
}

function rename(text, exported) {
  const declared = declarationName(text);
  return declared === exported ? text : `${exported} = ${text}`;
}

function indent(text) {
  return text
    .replaceAll(/^export (?:declare )?/gm, '')
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
