/**
 * The lock file must name no download address: a clone installs from whatever registry its machine
 * is set to, and an address would bind everyone to one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { files } from './files.mjs';

export function checkLockfile() {
  const lines = readFileSync('pnpm-lock.yaml', 'utf8').split('\n');
  const faults = lines.flatMap((line, index) =>
    /tarball:|https?:\/\//.test(line) ? [`pnpm-lock.yaml:${index + 1}: ${line.trim()}`] : [],
  );
  const strays = files('**/package-lock.json', '**/yarn.lock', 'package-lock.json', 'yarn.lock');
  for (const file of strays.filter((path) => existsSync(path))) {
    faults.push(`${file}: a second lock file`);
  }
  return { faults, summary: `${lines.length} lines without a download address` };
}
