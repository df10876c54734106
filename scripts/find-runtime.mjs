/** Finds other runtimes through their npm packages, which npx keeps in its cache. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The versions of the matrix, in one place. */
export const VERSIONS = JSON.parse(readFileSync(new URL('runtimes.json', import.meta.url), 'utf8'));

/**
 * Returns the path of a runtime's program.
 *
 * @param {'node' | 'bun' | 'deno'} name
 * @param {string} version
 * @returns {Promise<string>} rejects, with the reason in a sentence, where it cannot be installed
 */
export async function findRuntime(name, version) {
  const npx = ['--yes', '--package', `${name}@${version}`, '--call'];
  try {
    const { stdout } = await promisify(execFile)('npx', [...npx, `command -v ${name}`], {
      timeout: 120_000,
    });
    const path = stdout.trim();
    // A package whose program was not downloaded for this platform is found here.
    const { stdout: said } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
    if (!said.includes(version)) throw new Error(`it says ${JSON.stringify(said.trim())}`);
    return path;
  } catch (error) {
    const [line = ''] = String(error.stderr || error.message)
      .trim()
      .split('\n');
    throw new Error(`${name} ${version} cannot be installed from npm here: ${line}`, {
      cause: error,
    });
  }
}
