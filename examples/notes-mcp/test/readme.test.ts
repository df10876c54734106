/** The code of the READMEs is compiled against the built packages, and run. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What the README leaves to its reader. */
const NOTES = `
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
export const mcp = createMcpHandler(() => new McpServer({ name: 'notes', version: '1.0.0' }));
export const exportNotes = (subject: string | undefined): object => ({ subject });
`;

let folder: string;

beforeAll(async () => {
  // Inside the example, so that its packages are found.
  folder = await mkdtemp(fileURLToPath(new URL('.readme-', import.meta.url)));
  await writeFile(`${folder}/notes.ts`, NOTES);
  await writeFile(`${folder}/app.ts`, await snippet('README.md'));
  await writeFile(`${folder}/core.ts`, await snippet('packages/core/README.md'));
  await writeFile(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: '../../../../tsconfig.base.json',
      compilerOptions: {
        ...{ types: ['node'], isolatedDeclarations: false, declaration: false },
        ...{ declarationMap: false, sourceMap: false },
      },
      include: ['*.ts'],
    }),
  );
  await promisify(execFile)(`${root}node_modules/.bin/tsc`, ['-p', folder]).catch(
    (error: { stdout: string }) => {
      throw new Error(`the README does not compile:\n${error.stdout}`);
    },
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function snippet(path: string): Promise<string> {
  const text = await readFile(`${root}${path}`, 'utf8');
  const code = /```ts\n(.*?)```/s.exec(text)?.[1];
  if (code === undefined) throw new Error(`${path} has no code`);
  return code;
}

describe('the README', () => {
  test('runs, and answers with the header it shows', async () => {
    const shown = await readFile(`${root}README.md`, 'utf8');
    const code = await readFile(`${folder}/app.js`, 'utf8');
    expect(code).toContain('app.listen(3000);');
    const listen = 'app.listen(0, function () { console.log(this.address().port); });';
    await writeFile(`${folder}/app.js`, code.replace('app.listen(3000);', listen));
    const child = spawn(process.execPath, [`${folder}/app.js`]);
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      const base = `http://localhost:${port.toString().trim()}`;
      const refused = await fetch(`${base}/mcp`, { method: 'POST' });
      expect(refused.status).toBe(401);
      expect(shown).toContain(`WWW-Authenticate: ${refused.headers.get('www-authenticate')}\n`);
      expect((await fetch(`${base}/export`)).status).toBe(401);
      const metadata = await fetch(`${base}/.well-known/oauth-protected-resource/mcp`);
      expect(await metadata.json()).toMatchObject({ resource: 'https://notes.example.com/mcp' });
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  test('has at most 120 lines, and code within the first 25', async () => {
    const lines = (await readFile(`${root}README.md`, 'utf8')).split('\n');
    expect(lines.length).toBeLessThanOrEqual(121);
    expect(lines.findIndex((line) => line.startsWith('```ts'))).toBeLessThan(25);
  });
});

test("core's README guards a fetch handler", async () => {
  const module = (await import(pathToFileURL(`${folder}/core.js`).href)) as {
    default: { fetch(request: Request): Promise<Response> };
  };
  const response = await module.default.fetch(new Request('https://notes.example.com/api'));
  expect(response.status).toBe(401);
});
