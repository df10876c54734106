/** Packs every public package, as publishing does. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Packs into `folder`, and returns for each package its name, its folder in the repository, the tarball and
 * the manifest that stands in the tarball.
 */
export async function packAll(folder) {
  const { packageManager } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const pack = ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder];
  await run('npx', ['--yes', packageManager, ...pack], { cwd: root, maxBuffer: 2 ** 24 });
  const sources = await readdir(`${root}packages`);
  const sourceOf = new Map(
    await Promise.all(
      sources.map(async (name) => {
        const text = await readFile(`${root}packages/${name}/package.json`, 'utf8');
        return [JSON.parse(text).name, `${root}packages/${name}`];
      }),
    ),
  );
  const tarballs = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  return Promise.all(
    tarballs.map(async (file) => {
      const tarball = `${folder}/${file}`;
      const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
      const manifest = JSON.parse(stdout);
      const { name } = manifest;
      return { name, manifest, tarball, source: sourceOf.get(name) };
    }),
  );
}

/** What a user imports from a package: `@scopegate/core`, `@scopegate/core/jwt`, ... */
export function entriesOf({ name, manifest }) {
  return Object.keys(manifest.exports)
    .filter((path) => path !== './package.json' && !path.includes('*'))
    .map((path) => name + path.slice(1));
}

/** Installs the tarballs and `others` into `folder` with npm, as a user does. */
export async function installWithNpm(folder, packed, others) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const tarballs = packed.map(({ tarball }) => tarball);
  await run('npm', ['install', ...quiet, ...tarballs, ...others], { cwd: folder });
}

/** The same without a registry: what the packages depend on is linked from this repository. */
export async function unpack(folder, packed) {
  const modules = `${folder}/node_modules`;
  const linked = new Set();
  for (const { name, manifest, tarball, source } of packed) {
    await mkdir(`${modules}/${name}`, { recursive: true });
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', `${modules}/${name}`]);
    const { dependencies, peerDependencies } = manifest;
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (dependency.startsWith('@scopegate/') || linked.has(dependency)) continue;
      linked.add(dependency);
      await mkdir(dirname(`${modules}/${dependency}`), { recursive: true });
      await symlink(
        await realpath(`${source}/node_modules/${dependency}`),
        `${modules}/${dependency}`,
      );
    }
  }
  // Their declarations name Node's types.
  await mkdir(`${modules}/@types`, { recursive: true });
  await symlink(await realpath(`${root}node_modules/@types/node`), `${modules}/@types/node`);
}
