#!/usr/bin/env node
/**
 * Writes what the published packages bring with them, as CycloneDX: packs them, resolves them as a user's
 * npm would, without running anything of theirs, and lists the result.
 *
 *   node scripts/sbom.mjs [file]   after a build; the file is sbom.cdx.json unless another is named
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { files } from './checks/files.mjs';

const target = resolve(process.argv[2] ?? 'sbom.cdx.json');
const directory = mkdtempSync(join(tmpdir(), 'sbom-'));
try {
  const dependencies = {};
  for (const path of files('packages/*/package.json')) {
    const { name, private: isPrivate, dependencies: own } = JSON.parse(readFileSync(path, 'utf8'));
    // A package with peers alone, as the adapters, brings nothing: the application chooses them.
    if (isPrivate === true || own === undefined) continue;
    const tarball = join(directory, `${name.replaceAll(/[^a-z-]/g, '')}.tgz`);
    run('npx', ['--yes', 'pnpm@10.34.9', 'pack', '--out', tarball], dirname(path));
    dependencies[name] = `file:${tarball}`;
  }
  // The packages name each other by version, which no registry has yet: these are the ones just packed.
  const manifest = {
    name: 'scopegate',
    version: '0.0.0',
    dependencies,
    overrides: { ...dependencies },
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
  run('npm', ['install', '--package-lock-only', ...quiet], directory);
  const options = ['--package-lock-only', '--omit=dev', '--sbom-format=cyclonedx'];
  const text = run('npm', ['sbom', ...options], directory);
  const { components } = JSON.parse(text);
  writeFileSync(target, text.replaceAll(`file:${directory}/`, ''));
  console.log(`${target}: ${components.length} components`);
} finally {
  rmSync(directory, { recursive: true });
}

function run(command, args, cwd) {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
