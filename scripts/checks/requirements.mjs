/**
 * requirements.json says of every requirement and threat which tests prove it, why it does not apply,
 * or that it is open. Test titles claim ids in square brackets; this holds the two together.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { files } from './files.mjs';

const FILE = 'requirements.json';

export function checkRequirements({ write = false } = {}) {
  const requirements = JSON.parse(readFileSync(FILE, 'utf8'));
  const claims = collectClaims();
  const faults = [...claims.keys()]
    .filter((id) => !Object.hasOwn(requirements, id))
    .map((id) => `${id}: claimed by ${claims.get(id).join(', ')}, but unknown`);
  for (const [id, entry] of Object.entries(requirements)) {
    const claimed = claims.get(id) ?? [];
    if (write && entry.notApplicable === undefined) setTests(entry, claimed);
    faults.push(...entryFaults(id, entry, claimed));
  }
  if (write) writeFileSync(FILE, `${JSON.stringify(requirements, null, 2)}\n`);
  return { faults, summary: summarize(Object.values(requirements)) };
}

/** The attacks that every adapter is sent; each case names its ids. */
const ATTACKS = 'packages/adapter-testkit/attacks/requests.json';

/** Ids in brackets at the end of a title: `test('... [AH-6, T71]', ...)`; those of attacks in their list. */
function collectClaims() {
  const claims = new Map();
  const claim = (id, file) => {
    const known = claims.get(id) ?? [];
    claims.set(id, [...new Set([...known, file])].toSorted());
  };
  for (const { ids } of JSON.parse(readFileSync(ATTACKS, 'utf8')).cases) {
    for (const id of ids) claim(id, ATTACKS);
  }
  for (const file of files(
    'packages/**/*.test.ts',
    'packages/**/*.test-d.ts',
    // The suite that every adapter runs.
    'packages/adapter-testkit/src/**/*.ts',
    'examples/**/*.test.ts',
    'fuzz/test/*.test.ts',
  )) {
    const text = readFileSync(file, 'utf8');
    for (const [, list] of text.matchAll(
      /\[((?:[A-Z][A-Z0-9]*-\d+|T\d+)(?:, (?:[A-Z][A-Z0-9]*-\d+|T\d+))*)\]['"`]/g,
    )) {
      for (const id of list.split(', ')) claim(id, file);
    }
  }
  return claims;
}

function setTests(entry, claimed) {
  delete entry.open;
  delete entry.tests;
  if (claimed.length > 0) entry.tests = claimed;
  else entry.open = true;
}

function entryFaults(id, entry, claimed) {
  const states = ['tests', 'notApplicable', 'open'].filter((state) => entry[state] !== undefined);
  if (states.length !== 1) return [`${id}: needs exactly one of tests, notApplicable, open`];
  const listed = entry.tests ?? [];
  return [
    ...claimed
      .filter((file) => !listed.includes(file))
      .map((file) => `${id}: ${file} is not listed`),
    ...listed
      .filter((file) => !claimed.includes(file))
      .map((file) => `${id}: ${file} does not claim it`),
  ];
}

function summarize(entries) {
  const count = (state) => entries.filter((entry) => entry[state] !== undefined).length;
  return `${count('tests')} proven, ${count('notApplicable')} not applicable, ${count('open')} open`;
}
