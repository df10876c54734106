/** docs/cli.md knows every command and every flag, and its JSON is what the command prints. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { serveFetch } from '../../adapter-testkit/src/index.js';
import { guarded, resource } from '../../testing/test/support/faulty-handlers.js';
import { scopegate } from './support.js';

const read = (path: string): Promise<string> =>
  readFile(fileURLToPath(new URL(path, import.meta.url)), 'utf8');

test('every command and every flag stands on the page, and none that is not there', async () => {
  const page = await read('../../../docs/cli.md');
  const { out: help } = await scopegate(['--help']);
  const commands = [...help.matchAll(/^ {2}(\w+) (?:\[options\]|<|\[)/gm)].map(
    ([, name = '']) => name,
  );
  expect(commands).toEqual(['check', 'explain', 'map', 'diff', 'lint', 'dev', 'help']);
  const known = new Set(['--help', '--version', '--save-dev']);
  for (const command of commands.filter((name) => name !== 'help')) {
    const { out } = await scopegate([command, '--help']);
    const flags = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag);
    const [, section = ''] = page.split(`\n## ${command}\n`);
    const [text = ''] = section.split('\n## ');
    expect(text).not.toBe('');
    for (const flag of flags) {
      known.add(flag);
      if (flag !== '--help') expect(text, `${command} ${flag}`).toContain(flag);
    }
  }
  // Those of curl stand in what `dev` prints.
  const shown = [...page.matchAll(/(?<![\w-])--[a-z][\w-]+/g)].map(([flag]) => flag);
  expect(shown.filter((flag) => !known.has(flag) && flag !== '--data-urlencode')).toEqual([]);
});

test('the README names every command', async () => {
  const text = await read('../README.md');
  for (const name of ['check', 'explain', 'map', 'diff', 'lint', 'dev']) {
    expect(text).toContain(`scopegate ${name}`);
  }
});

test('the JSON of check has the members of the page, and hint only where it says something', async () => {
  const page = await read('../../../docs/cli.md');
  const server = await serveFetch(guarded);
  try {
    const args = ['check', `${server.url}/mcp`, '--resource', resource, '--json'];
    const { out } = await scopegate(args);
    const members = Object.keys(JSON.parse(out) as object);
    expect(members).toEqual(['url', 'sent', 'findings', 'passed', 'skipped']);
    for (const member of [...members, 'hint'])
      expect(page).toMatch(new RegExp(`\\| \`${member}\``));
  } finally {
    await server.close();
  }
});
