#!/usr/bin/env node
/**
 * What a release needs beside green tests: an owner, versions, a change log. It fails the release, never
 * the tests.
 *
 *   node scripts/release-check.mjs [v0.1.0]   the tag that is released
 */
import { existsSync, readFileSync } from 'node:fs';
import { files } from './checks/files.mjs';
import { checkProject, missingMembers } from './checks/project.mjs';

const [tag] = process.argv.slice(2);
const faults = [
  ...missingMembers().map((name) => `project.json: fill ${name}`),
  ...checkProject({ write: false }).faults,
];
for (const path of files('packages/*/package.json')) {
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  if (manifest.private === true) continue;
  if (manifest.version === '0.0.0')
    faults.push(`${path}: has no version; run pnpm changeset version`);
  else if (tag !== undefined && `v${manifest.version}` !== tag) {
    faults.push(`${path}: ${manifest.version} is not the version of the tag ${tag}`);
  }
  for (const member of ['license', 'description', 'keywords', 'engines']) {
    if (manifest[member] === undefined) faults.push(`${path}: ${member} is missing`);
  }
  for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    const beside = path.replace('package.json', name);
    if (!existsSync(beside)) faults.push(`${beside} is missing`);
  }
}
const pending = files('.changeset/*.md').filter((path) => !path.endsWith('README.md'));
for (const path of pending) faults.push(`${path}: is not released yet; run pnpm changeset version`);

for (const fault of faults) console.error(`FAULT  ${fault}`);
if (faults.length === 0) console.log('ok  ready to be released');
else process.exitCode = 1;
