/** The code of the READMEs is compiled against the built packages, and run. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

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

test("core's README guards a fetch handler", async () => {
  const module = (await import(pathToFileURL(`${folder}/core.js`).href)) as {
    default: { fetch(request: Request): Promise<Response> };
  };
  const response = await module.default.fetch(new Request('https://notes.example.com/api'));
  expect(response.status).toBe(401);
});
