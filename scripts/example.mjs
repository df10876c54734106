#!/usr/bin/env node
/**
 * Runs one of `examples/quick-start` with a local authorization server beside it: `node scripts/example.mjs express`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VERSIONS, findRuntime } from './find-runtime.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = `${root}examples/quick-start/`;
const NO_EXAMPLES = new Set(['node_modules', 'notes', 'test']);
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !NO_EXAMPLES.has(entry.name))
  .map((entry) => entry.name);

const name = process.argv.slice(2).find((argument) => argument !== '--');
if (!names.includes(name)) {
  console.error(`usage: npm run example -- NAME, where NAME is one of\n  ${names.join('\n  ')}`);
  process.exit(2);
}

const { PORT = '3000', ISSUER_PORT = '9000' } = process.env;
const path = name === 'several-resources' ? '/notes' : '/mcp';
const scopes = ['notes:read', 'notes:write', ...(path === '/mcp' ? ['admin:notes'] : [])];
const children = [];

build([name === 'machine-client' ? 'express' : name, name]);
if (name === 'lambda') {
  await ended(start(name, {}));
} else if (name === 'machine-client') {
  // It needs a server to call.
  const { issuer, secret } = await startIssuer();
  await says(start('express', { PORT, ISSUER: issuer }), /http:/);
  const RESOURCE = `http://localhost:${PORT}${path}`;
  await ended(start(name, { RESOURCE, CLIENT_ID: 'dev', CLIENT_SECRET: secret }));
} else {
  const { issuer } = await startIssuer({ isShown: true });
  start(name, { PORT, ISSUER: issuer }, await programOf(name));
  process.once('SIGINT', stop);
  await new Promise(() => {});
}
stop();

function build(examples) {
  const filters = [...new Set(examples)].map((one) => `--filter=@scopegate/example-${one}...`);
  const args = ['turbo', 'run', 'build', '--filter=@scopegate/cli...', ...filters];
  const { status } = spawnSync('node', ['scripts/quiet.mjs', 'Building', ...args], {
    ...{ cwd: root, stdio: 'inherit' },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** `scopegate dev`, which prints how to get a token. */
async function startIssuer({ isShown = false } = {}) {
  const resource = `http://localhost:${PORT}${path}`;
  const args = ['dev', '--port', ISSUER_PORT, '--resource', resource, '--scope', ...scopes];
  const child = spawn(process.execPath, [`${root}packages/cli/dist/main.js`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const text = await says(child, /curl -s (\S+)\/token -u dev:(\w+)[^]*Stop/);
  if (isShown) console.log(text.input);
  return { issuer: text[1], secret: text[2] };
}

async function programOf(example) {
  if (example !== 'bun' && example !== 'deno') return undefined;
  return findRuntime(example, VERSIONS[example]).catch((error) => fail(error.message));
}

/** The example's own start script. */
function start(example, env, runtime) {
  const manifest = JSON.parse(readFileSync(`${folder}${example}/package.json`, 'utf8'));
  const [program, ...args] = manifest.scripts.start.split(' ');
  const child = spawn(runtime ?? program, args, {
    cwd: `${folder}${example}`,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pipe(process.stdout);
  children.push(child);
  child.once('exit', (code) => code && fail(`the example ended with ${code}`));
  return child;
}

function says(child, pattern) {
  return new Promise((resolve) => {
    let text = '';
    child.once('exit', () => fail('the server ended'));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match !== null) resolve(match);
    });
  });
}

function ended(child) {
  return new Promise((resolve) => child.once('exit', resolve));
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
  stop();
}

function stop() {
  for (const child of children) {
    child.removeAllListeners('exit');
    child.kill();
  }
  process.exit();
}
