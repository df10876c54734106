#!/usr/bin/env node
/**
 * Runs a command, and shows what it printed only if it fails: `node scripts/quiet.mjs WHAT COMMAND ...`.
 */
import { spawn } from 'node:child_process';

const [what, command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('usage: node scripts/quiet.mjs WHAT COMMAND [ARGUMENT ...]');
  process.exit(2);
}
process.stderr.write(`${what} ... `);
const child = spawn(command, args, {
  stdio: ['ignore', 'pipe', 'pipe'],
  shell: process.platform === 'win32',
});
const chunks = [];
child.stdout.on('data', (chunk) => chunks.push(chunk));
child.stderr.on('data', (chunk) => chunks.push(chunk));
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('close', (code) => {
  process.stderr.write(code === 0 ? 'done\n' : 'failed\n');
  if (code !== 0) process.stderr.write(Buffer.concat(chunks));
  process.exit(code ?? 1);
});
