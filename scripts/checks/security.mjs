/**
 * SECURITY.md promises things and says which test holds each: a link that leads nowhere is a promise
 * without a test. Its contact is that of project.json, so that the two cannot differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const PAGE = 'SECURITY.md';
const CONTACT = /(<!-- contact: [^>]*-->\n\n)([^]*?)(\n\n<!-- \/contact -->)/;

/** Checks links and guarantees; compares the contact with project.json and, with `write`, enters it. */
export function checkSecurity({ write = false } = {}) {
  const text = readFileSync(PAGE, 'utf8');
  const { security = '' } = JSON.parse(readFileSync('project.json', 'utf8'));
  const wanted = text.replace(
    CONTACT,
    (_all, before, _old, after) => before + contact(security) + after,
  );
  if (write && wanted !== text) writeFileSync(PAGE, wanted);
  const faults = CONTACT.test(text) ? [] : [`${PAGE}: the place of the contact is missing`];
  if (!write && wanted !== text) {
    faults.push(
      `${PAGE}: the contact is not that of project.json; node scripts/check.mjs --write enters it`,
    );
  }
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path);
  faults.push(
    ...links.filter((path) => !existsSync(path)).map((path) => `${PAGE}: there is no ${path}`),
  );
  const rows = guaranteesOf(text);
  const isTest = /\]\([^)]*(?:\.test\.ts|attacks\/requests\.json)\)/;
  faults.push(
    ...rows.filter((row) => !isTest.test(row)).map((row) => `${PAGE}: names no test: ${row}`),
  );
  return { faults, summary: `${rows.length} guarantees, ${links.length} links` };
}

function contact(security) {
  if (security === '') {
    return 'The contact is not filled in yet: the owner writes it into `security` of [project.json](project.json), and no release is made before.';
  }
  return `Report privately: <${security}>.`;
}

/** The rows of the table of guarantees, without its head. */
function guaranteesOf(text) {
  const [, section = ''] = text.split('\n## Guarantees\n');
  const lines = section.split('\n## ')[0].split('\n');
  return lines.filter((line) => line.startsWith('| ')).slice(2);
}
