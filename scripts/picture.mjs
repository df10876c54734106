#!/usr/bin/env node
/**
 * Draws docs/loop-light.svg and docs/loop-dark.svg from what the demo prints: 401, login, 403, step-up, 200.
 *
 *   node scripts/picture.mjs           draw them (build first: npm run build)
 *   node scripts/picture.mjs --check   end with 1 if they are not what the demo prints now
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const DEMO = 'examples/notes-mcp/dist/main.js';

/** @typedef {{ to: 'notes' | 'login', text: string, status: string, challenge: string[], remarks: string[] }} Exchange */

/**
 * Reads the requests of the first three steps: who was asked, for what, with which answer.
 *
 * @param {string} printed
 * @returns {Exchange[]}
 */
export function readDemo(printed) {
  // The servers take free ports, which differ from run to run.
  const [, notes = ''] = /notes (http:\S+?)\/mcp/.exec(printed) ?? [];
  const text = printed.replaceAll(notes, 'https://notes.example.com');
  const steps = text.slice(text.indexOf('\n1. '), text.indexOf('\n4. ')).split('\n');
  /** @type {Exchange[]} */
  const exchanges = [];
  for (const line of steps) {
    const [, to, request, status] = /^ {4}(notes|login) (\S.*?) +(\d{3})$/.exec(line) ?? [];
    const last = exchanges.at(-1);
    if (to !== undefined && request !== undefined && status !== undefined) {
      exchanges.push({
        to: to === 'notes' ? to : 'login',
        text: request,
        status,
        challenge: [],
        remarks: [],
      });
    } else if (last !== undefined && line.startsWith('          > ')) {
      last.remarks.push(line.slice(12));
    } else if (last !== undefined && /^ {12}\S/.test(line)) {
      // A line that goes on: of the remark if there is one, else of the challenge.
      if (last.remarks.length > 0) last.remarks.push(`${last.remarks.pop()} ${line.trim()}`);
      else last.challenge.push(line.trim());
    } else if (last !== undefined && /^ {14}\S/.test(line)) {
      last.challenge.push(`${last.challenge.pop() ?? ''}${line.trim()}`);
    }
  }
  return exchanges;
}

/** What the picture leaves out: the transport's own requests, and pages of the browser behind the first. */
const LEFT_OUT =
  /^(?:POST \/mcp notifications|GET +\/mcp|POST \/mcp tools\/list|GET +\/(?:interaction|auth)\/:id)/;

const LANES = { client: 110, notes: 520, login: 800 };
const WIDTH = 910;
const THEMES = {
  light: {
    back: '#ffffff',
    ink: '#1f2328',
    dim: '#59636e',
    line: '#d1d9e0',
    good: '#1a7f37',
    bad: '#cf222e',
  },
  dark: {
    back: '#0d1117',
    ink: '#f0f6fc',
    dim: '#9198a1',
    line: '#3d444d',
    good: '#3fb950',
    bad: '#f85149',
  },
};

/**
 * @param {Exchange[]} exchanges
 * @param {keyof typeof THEMES} theme
 */
export function draw(exchanges, theme) {
  const { back, ink, dim, line, good, bad } = THEMES[theme];
  /** @type {string[]} */
  const parts = [];
  let y = 74;
  /** @param {number} x @param {string} text @param {string} color @param {string} [more] */
  const write = (x, text, color, more = '') =>
    parts.push(`<text x="${x}" y="${y}" fill="${color}" ${more}>${escape(text)}</text>`);
  for (const { to, text, status, challenge, remarks } of exchanges) {
    if (LEFT_OUT.test(text)) continue;
    const [from, end] = [LANES.client, LANES[to]];
    const color = status.startsWith('4') ? bad : good;
    const isLogin = text.endsWith('(browser)');
    write(from + 10, isLogin ? 'the user logs in, in the browser' : text.replace(/ +/g, ' '), ink);
    write(end - 10, status, color, 'text-anchor="end" font-weight="700"');
    y += 7;
    parts.push(`<path d="M${from} ${y}H${end - 7}" stroke="${color}" marker-end="url(#to)"/>`);
    y += 15;
    for (const parameter of challenge) {
      write(
        from + 24,
        parameter.replace(/^Bearer /, 'WWW-Authenticate: Bearer '),
        bad,
        'class="small"',
      );
      y += 15;
    }
    for (const remark of remarks) {
      write(from + 10, `\u25b8 ${remark}`, dim, 'class="small"');
      y += 15;
    }
    y += 16;
  }
  const height = y;
  const lanes = Object.entries({
    client: 'MCP client',
    notes: 'your server',
    login: 'authorization server',
  });
  const heads = lanes.map(([lane, title]) => {
    const x = LANES[/** @type {keyof typeof LANES} */ (lane)];
    return `<text x="${x}" y="26" fill="${ink}" text-anchor="middle" font-weight="700">${title}</text><path d="M${x} 38V${height - 8}" stroke="${line}"/>`;
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="A client meets 401, logs in, meets 403, steps up, and is answered 200">`,
    `<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;paint-order:stroke;stroke:${back};stroke-width:5px}.small{font-size:11.5px}path{fill:none;stroke-width:1.4}</style>`,
    `<defs><marker id="to" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M1 1L7 4L1 7" fill="none" stroke="${dim}" stroke-width="1.4"/></marker></defs>`,
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="${back}"/>`,
    ...heads,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const root = new URL('../', import.meta.url);
  const printed = execFileSync(process.execPath, [DEMO], { cwd: root, encoding: 'utf8' });
  const exchanges = readDemo(printed);
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    const path = new URL(`docs/loop-${theme}.svg`, root);
    const picture = draw(exchanges, theme);
    if (!process.argv.includes('--check')) writeFileSync(path, picture);
    else if (readFileSync(path, 'utf8') !== picture) {
      console.error(`docs/loop-${theme}.svg is not what the demo prints: node scripts/picture.mjs`);
      process.exitCode = 1;
    }
  }
}
