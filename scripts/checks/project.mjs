/**
 * Who owns the project and where it lives stands once, in `project.json`, which the owner fills. Every
 * public manifest repeats it, since registries read manifests alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { files } from './files.mjs';
import { absoluteLinks } from './readme-links.mjs';

/** What the owner fills: addresses, and where a way past a gate is reported privately. */
const MEMBERS = ['repository', 'homepage', 'bugs', 'security'];

/** Compares the manifests with `project.json`; with `write`, enters it. */
export function checkProject({ write }) {
  const project = readProject();
  const faults = faultsOf(project);
  const paths = publicManifests();
  if (faults.length === 0) {
    for (const path of paths) {
      const manifest = readJson(path);
      const wanted = { ...manifest, ...membersOf(project, dirname(path)) };
      if (JSON.stringify(manifest) === JSON.stringify(wanted)) continue;
      if (write) writeFileSync(path, `${JSON.stringify(wanted, undefined, 2)}\n`);
      else
        faults.push(
          `${path}: is not what project.json says; node scripts/check.mjs --write enters it`,
        );
    }
    faults.push(...readmeFaults(project, paths, { write }));
  }
  const missing = missingMembers(project);
  const state =
    missing.length === 0 ? 'filled' : `to be filled before a release: ${missing.join(', ')}`;
  return { faults, summary: `${paths.length} public manifests; project.json ${state}` };
}

/** Pages of packages need absolute links, which only the owner's repository can give. */
function readmeFaults({ repository }, manifests, { write }) {
  if (repository === '') return [];
  return manifests.flatMap((manifest) => {
    const directory = dirname(manifest);
    const path = `${directory}/README.md`;
    const text = readFileSync(path, 'utf8');
    const wanted = absoluteLinks(text, directory, repository);
    if (text === wanted) return [];
    if (!write) return [`${path}: has relative links; node scripts/check.mjs --write mends them`];
    writeFileSync(path, wanted);
    return [];
  });
}

/** The members that the owner has not filled. */
export function missingMembers(project = readProject()) {
  return MEMBERS.filter((name) => project[name] === '');
}

function readProject() {
  return readJson('project.json');
}

function faultsOf(project) {
  const faults = [];
  for (const name of MEMBERS) {
    const value = project[name];
    if (typeof value !== 'string') faults.push(`project.json: ${name} is not there`);
    else if (value !== '' && !isAddress(value)) {
      faults.push(`project.json: ${name} is neither an https URL nor a mailto: address`);
    }
  }
  for (const name of Object.keys(project)) {
    if (!MEMBERS.includes(name)) faults.push(`project.json: ${name} is not known`);
  }
  return faults;
}

function isAddress(value) {
  return URL.canParse(value) && ['https:', 'mailto:'].includes(new URL(value).protocol);
}

function membersOf({ repository, homepage, bugs }, directory) {
  return {
    ...(homepage !== '' && { homepage }),
    ...(bugs !== '' && {
      bugs: bugs.startsWith('mailto:') ? { email: bugs.slice(7) } : { url: bugs },
    }),
    ...(repository !== '' && {
      repository: { type: 'git', url: `git+${repository}.git`, directory },
    }),
  };
}

function publicManifests() {
  return files('packages/*/package.json').filter((path) => readJson(path).private !== true);
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
