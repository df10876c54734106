/** Follows docs/getting-started.md in empty folders, as its reader does, until the 401 is there. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAX_LINES = 20;
const MAX_SECONDS = 180;
const page = fileURLToPath(new URL('../../docs/getting-started.md', import.meta.url));

/** Returns a row for each section that has a file to write. */
export async function firstRefusals(folder, packed) {
  const text = await readFile(page, 'utf8');
  const [intro = '', ...sections] = text.split(/^## /m);
  const challenge = /WWW-Authenticate: (.*)/.exec(intro)?.[1];
  if (challenge === undefined) throw new Error(`${page} shows no challenge`);
  await portIsFree();
  const rows = [];
  for (const section of sections) rows.push(await follow(section, { folder, packed, challenge }));
  return rows;
}

async function follow(section, { folder, packed, challenge }) {
  const [title = ''] = section.split('\n', 1);
  const name = `first 401: ${title}`;
  const blocks = [...section.matchAll(/```(\w+)\n([^]*?)```/g)].map(([, kind, code]) => [
    kind,
    code,
  ]);
  const [[, install], [, program], [, command]] = blocks;
  const [, file] = /^\/\/ (\S+)\n/.exec(program);
  const lines = program
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '').length;
  const started = performance.now();
  try {
    const empty = `${folder}/${title.toLowerCase()}`;
    await mkdir(empty);
    const tarballOf = new Map(packed.map((one) => [one.name, one.tarball]));
    await shell(
      install.replaceAll(/@scopegate\/\w+/g, (one) => tarballOf.get(one)),
      empty,
    );
    await writeFile(`${empty}/${file}`, program);
    const seen = file.startsWith('index')
      ? printedChallenge(await shell(command, empty))
      : await servedChallenge(command, empty);
    const seconds = (performance.now() - started) / 1000;
    const problem =
      (seen !== challenge && `the challenge is ${seen}`) ||
      (lines > MAX_LINES && `${lines} lines, more than ${MAX_LINES}`) ||
      (seconds > MAX_SECONDS && `it took longer than ${MAX_SECONDS} seconds`) ||
      undefined;
    return { name, problem, detail: `${lines} lines`, seconds };
  } catch (error) {
    const problem = String(error.stderr || error.message).trim();
    return {
      name,
      problem,
      detail: `${lines} lines`,
      seconds: (performance.now() - started) / 1000,
    };
  }
}

async function shell(command, cwd) {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd });
  return stdout;
}

/** What a handler returned, as Node prints it. */
function printedChallenge(printed) {
  if (!printed.includes('statusCode: 401')) return printed;
  return /'www-authenticate': '(.*)'/i.exec(printed)?.[1];
}

/** Starts the server, and asks it for what the page asks for. */
async function servedChallenge(command, cwd) {
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' };
  // A group of its own: npx starts programs that start programs.
  const child = spawn('sh', ['-c', command], { cwd, env, detached: true });
  const output = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => output.push(chunk));
  const closed = once(child, 'close');
  try {
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (child.exitCode !== null) throw new Error(Buffer.concat(output).toString());
      const response = await fetch('http://localhost:3000/notes').catch(() => undefined);
      if (response !== undefined) {
        const challenge = response.headers.get('www-authenticate');
        return response.status === 401 ? challenge : `not sent: the status is ${response.status}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no answer within 30 seconds:\n${Buffer.concat(output)}`);
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await closed;
  }
}

/** The page's servers listen there. */
async function portIsFree() {
  const server = createServer().listen(3000);
  await once(server, 'listening').catch(() => {
    throw new Error('port 3000 is in use: the programs of docs/getting-started.md listen there');
  });
  server.close();
  await once(server, 'close');
}
