/**
 * Verbs and targets, also as only a raw socket sends them.
 *
 * @module
 */
import type { Random } from '../prng.js';

const VERBS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'SEARCH', 'QUERY'];

export function verb(random: Random, usual: string, oneIn: number): string {
  if (!random.oneIn(oneIn)) return usual;
  return random.oneIn(12) ? random.pick(['post', 'Get', 'TRACE']) : random.pick(VERBS);
}

/** Where an MCP server may be found. */
export function mcpTarget(random: Random, worlds: readonly string[]): string {
  const path = random.pick(worlds);
  return random.oneIn(25) ? bend(path, random) : path;
}

const PATHS = [
  ...['/notes', '/notes/one', '/notes/secret', '/files/a/b', '/files/admin/b', '/admin', '/page'],
  ...['/notes/SECRET', '/files/ADMIN/b', '/Admin'],
];

export function routeTarget(random: Random): string {
  const path = random.pick(PATHS);
  return random.oneIn(2) ? bend(path, random) : path;
}

/** Spelt in a way that some router takes for the plain one. */
function bend(path: string, random: Random): string {
  const cut = 1 + random.int(path.length - 1);
  const char = path[cut] ?? 'x';
  const code = char.charCodeAt(0).toString(16);
  const [before, after] = [path.slice(0, cut), path.slice(cut + 1)];
  switch (random.int(10)) {
    case 0:
      return `${before}%${random.oneIn(2) ? code : code.toUpperCase()}${after}`;
    case 1:
      return `${before}%25${code}${after}`;
    case 2:
      return before + char.toUpperCase() + after;
    case 3:
      return (
        path +
        random.pick([
          '/',
          '//',
          ';x',
          '%3bx',
          '%20',
          '.',
          '%00',
          '?',
          '#x',
          '/.',
          '/%2e',
          '\\',
          '%2f',
        ])
      );
    case 4:
      return (
        random.pick([
          '/.',
          '//',
          '/x/..',
          '/%2e',
          '/.%3b',
          '/..;',
          '/x/%2e%2e',
          '/;x',
          '/\\',
          '/x;/..',
        ]) + path
      );
    case 5:
      return `http://${random.pick(['notes.example.com', 'evil.example', 'x@notes.example.com'])}${path}`;
    case 6:
      return (
        path +
        random.pick([
          '?_method=DELETE',
          '?_method=PUT',
          '?%5fmethod=DELETE',
          '?a=1&_METHOD=delete',
          '?access_token=admin',
        ])
      );
    case 7: {
      const slash = path.indexOf('/', 1);
      const by = random.pick([
        '/./',
        '//',
        ';a=b/',
        '/x/../',
        '%2f',
        '%5c',
        '/.;/',
        '/;/',
        '/%2e/',
        '\\',
      ]);
      return slash === -1 ? path + by : path.slice(0, slash) + by + path.slice(slash + 1);
    }
    case 8:
      return `${before};${char}${after}`;
    default:
      return (
        path +
        random.pick([
          '?x=/admin',
          '/../admin',
          '/..%2fadmin',
          '/..;/admin',
          '%2f..%2fadmin',
          '/%2e%2e/admin',
        ])
      );
  }
}
