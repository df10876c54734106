/**
 * docs/requirements.md is requirements.json to be read: what each specification and threat asks for, and
 * which tests prove it, with the mutation scores that docs/surviving-mutants.md holds.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

const PAGE = 'docs/requirements.md';

/** Compares the page with its sources; with `write`, makes it anew. */
export function checkRequirementsPage({ write = false } = {}) {
  const text = requirementsPage();
  if (write) writeFileSync(PAGE, text);
  const isCurrent = existsSync(PAGE) && readFileSync(PAGE, 'utf8') === text;
  return {
    faults: isCurrent
      ? []
      : [`${PAGE}: is not what requirements.json says; node scripts/check.mjs --write makes it`],
    summary: `${PAGE}, ${text.split('\n').filter((line) => line.startsWith('| ')).length} rows`,
  };
}

/** The page, made of the files that it speaks of. */
export function requirementsPage() {
  const all = Object.entries(JSON.parse(readFileSync('requirements.json', 'utf8')));
  const requirements = all.filter(([id]) => !isThreat(id));
  const threats = all.filter(([id]) => isThreat(id));
  return [
    '# Requirements and threats',
    '',
    'Made by `node scripts/check.mjs --write` from [requirements.json](../requirements.json); do not edit it. A requirement is proven when the title of a test ends with its id; a check compares the two. How much of the code those tests hold, [mutation](surviving-mutants.md) shows; the scores stand at the end.',
    '',
    ...table(
      ['', 'proven', 'not applicable', 'open'],
      [
        ['Requirements', ...counts(requirements)],
        ['Threats', ...counts(threats)],
      ],
    ),
    '',
    'Sources: RFC numbers with their sections; `A` is the authorization chapter of the MCP specification, `O21` OAuth 2.1. Sides: RS resource server, C client, AS authorization server.',
    '',
    '## Open',
    '',
    ...openOf(all),
    '',
    '## Requirements',
    '',
    ...table(
      ['id', 'level', 'side', 'source', 'status', 'tests'],
      requirements.map(([id, entry]) => [
        id,
        entry.level ?? '',
        entry.side ?? '',
        entry.source ?? '',
        ...statusOf(entry),
      ]),
    ),
    '',
    '## Threats',
    '',
    ...table(
      ['id', 'status', 'tests'],
      threats.map(([id, entry]) => [id, ...statusOf(entry)]),
    ),
    '',
    '## Mutation scores',
    '',
    ...mutationScores(),
    '',
  ].join('\n');
}

function isThreat(id) {
  return /^T\d+$/.test(id);
}

function counts(entries) {
  return ['tests', 'notApplicable', 'open'].map((state) =>
    String(entries.filter(([, entry]) => entry[state] !== undefined).length),
  );
}

function openOf(all) {
  const open = all.filter(([, entry]) => entry.open !== undefined).map(([id]) => id);
  return [open.length === 0 ? 'None.' : `No test proves these yet: ${open.join(', ')}.`];
}

function statusOf({ tests, notApplicable }) {
  if (notApplicable !== undefined) return ['not applicable', String(notApplicable)];
  return tests === undefined ? ['open', ''] : ['proven', tests.map(linkTo).join(', ')];
}

/** The names of test files repeat, so the package stands with them. */
function linkTo(path) {
  const [, name] = path.split('/');
  return `[${name}: ${basename(path)}](../${path})`;
}

/** A row for each room of core, also for those that no run has reached to its end. */
function mutationScores() {
  const text = readFileSync('docs/surviving-mutants.md', 'utf8');
  const runs = new Map(
    [
      ...text.matchAll(
        /^\| `([\w/-]+)` *\| (\d{4}-\d\d-\d\d) *\| (\d+) *\| ([^|]+?) *\| (\d+) *\|$/gm,
      ),
    ].map(([, room, ...run]) => [room, run]),
  );
  const inToken = foldersOf('packages/core/src/token').map((name) => `token/${name}`);
  const rooms = [...foldersOf('packages/core/src'), ...inToken].toSorted();
  const rows = rooms.map((room) => [
    `core \`${room}\``,
    ...(runs.get(room) ?? ['not run', '', '', '']),
  ]);
  return [
    'Stryker changes a room in one place at a time. A survivor is a change that no test sees; each is listed with its reason. What came to light after a run stands [there](surviving-mutants.md), too. A room marked "not run" has no score: its tests may be as good, and nobody measured it. The other packages have not been run.',
    '',
    ...table(['room', 'run', 'mutants', 'found', 'survivors'], rows),
  ];
}

function foldersOf(path) {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** A table without padding, which would be most of the page; oxfmt leaves the page out. */
function table(head, rows) {
  return [tableRow(head), tableRow(head.map(() => '---')), ...rows.map(tableRow)];
}

function tableRow(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
