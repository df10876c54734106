/** The programs of docs/getting-started.md run, and answer with the header that the page shows. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from './start-example.js';

const page = fileURLToPath(new URL('../../../docs/getting-started.md', import.meta.url));
let challenge: string;
let sections: ReadonlyMap<string, readonly string[]>;
let folder: string | undefined;

beforeAll(async () => {
  const [intro = '', ...parts] = (await readFile(page, 'utf8')).split(/^## /m);
  challenge = /WWW-Authenticate: (.*)/.exec(intro)?.[1] ?? '';
  sections = new Map(
    parts.map((part) => [
      part.split('\n', 1)[0] ?? '',
      [...part.matchAll(/```\w+\n([^]*?)```/g)].map(([, code = '']) => code),
    ]),
  );
});
afterEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Writes the program of a section into the folder of an example, where its packages are found. */
async function write(title: string, example: string, change = (code: string) => code) {
  const [, program = '', command = ''] = sections.get(title) ?? [];
  const [, name = ''] = /^\/\/ (\S+)\n/.exec(program) ?? [];
  const lines = program.split('\n').slice(1);
  expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20);
  folder = await mkdtemp(fileURLToPath(new URL(`../${example}/.readme-`, import.meta.url)));
  const file = `${folder}/${name}`;
  await writeFile(file, change(program));
  return { file, command };
}

test('the page has a section for each', () => {
  const titles = ['Express', 'Fastify', 'Hono', 'Koa', 'Workers', 'Lambda'];
  expect([...sections.keys()]).toEqual(titles);
  expect(challenge).toContain('resource_metadata=');
});

test.each([
  ['Express', 'express'],
  ['Fastify', 'fastify'],
  ['Hono', 'hono-node'],
  ['Koa', 'koa'],
])('%s', async (title, example) => {
  const port = String(await freePort());
  const { file } = await write(title, example, (code) => code.replaceAll('3000', port));
  const child = spawn(process.execPath, [file]);
  try {
    const seen = await refusalOf(`http://localhost:${port}/notes`, child);
    expect(seen).toBe(`401 ${challenge.replaceAll('3000', port)}`);
  } finally {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  }
});

test('Workers', async () => {
  const { file } = await write('Workers', 'hono-workers');
  const { default: worker } = (await import(pathToFileURL(file).href)) as {
    default: { fetch(request: Request): Promise<Response> };
  };
  const response = await worker.fetch(new Request('http://localhost:3000/notes'));
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe(challenge);
});

test('Lambda', async () => {
  const { command } = await write('Lambda', 'lambda');
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: folder });
  expect(stdout).toContain('statusCode: 401');
  expect(stdout).toContain(`'www-authenticate': '${challenge}'`);
});

/** The first answer of a server that is about to listen. */
async function refusalOf(url: string, child: ReturnType<typeof spawn>): Promise<string> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response !== undefined) {
      return `${response.status} ${response.headers.get('www-authenticate')}`;
    }
    if (child.exitCode !== null) throw new Error('the program ended');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
