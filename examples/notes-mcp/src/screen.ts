/**
 * What the demo prints, in 80 columns.
 *
 * @module
 */

import type { Exchange } from './recorder.js';
import type { Environment } from './environment.js';

export const WIDTH = 80;

/** Prints one line; line ends are the printer's. */
export type Print = (line: string) => void;

export interface Screen {
  /** All lines so far. */
  readonly lines: readonly string[];
  heading(text: string): void;
  /** Numbered from 1. */
  step(text: string): void;
  exchange(exchange: Exchange, server: string): void;
  /** What the client did about it. */
  action(text: string): void;
  /** Something that was checked. */
  fact(text: string): void;
  line(text?: string): void;
  /** The servers and the client, with their URLs. */
  cast(environment: Pick<Environment, 'framework' | 'resource' | 'issuer'>): void;
}

export function createScreen(print: Print): Screen {
  const lines: string[] = [];
  let steps = 0;
  /** Whether the last line was an exchange or an action: facts stand apart from those. */
  let inFlow = false;

  function line(text = ''): void {
    inFlow = false;
    lines.push(text);
    print(text);
  }
  function paragraph(bullet: string, text: string): void {
    for (const part of wrap(bullet, text)) line(part);
  }

  return {
    lines,
    line,
    cast({ framework, resource, issuer }) {
      line();
      line(`    notes ${resource.padEnd(29)}the MCP server, on ${framework}`);
      line(`    login ${issuer.padEnd(29)}its authorization server`);
      line('    Ray   uses the client, and does not consent to admin:notes');
    },
    heading(text) {
      line();
      line(`== ${text} `.padEnd(WIDTH, '='));
    },
    step(text) {
      steps += 1;
      line();
      paragraph(`${steps}.`.padEnd(4), text);
      line();
    },
    exchange({ by, method, path, about, status, challenge }, server) {
      const who = by === 'browser' ? '(browser)' : '';
      const what = [method.padEnd(4), path, about, who].filter((part) => part !== '').join(' ');
      line(`    ${server} ${what}`.padEnd(WIDTH - 4) + String(status).padStart(4));
      if (challenge !== null) for (const part of wrapChallenge(challenge)) line(part);
      inFlow = true;
    },
    action(text) {
      paragraph('          > ', text);
      inFlow = true;
    },
    fact(text) {
      if (inFlow) line();
      paragraph('    = ', text);
    },
  };
}

const CHALLENGE_INDENT = ' '.repeat(10);

/**
 * The whole field, broken only where that loses nothing: after the comma between parameters, and,
 * where a parameter is too long for a line, after its `=`.
 */
export function wrapChallenge(value: string): string[] {
  const lines = [`${CHALLENGE_INDENT}WWW-Authenticate:`];
  for (const part of value.split(/(?<=,) (?=\w+=")/)) {
    const line = `${CHALLENGE_INDENT}  ${part}`;
    const equals = line.indexOf('=') + 1;
    if (line.length <= WIDTH || equals === 0) lines.push(line);
    else lines.push(line.slice(0, equals), `${CHALLENGE_INDENT}    ${line.slice(equals)}`);
  }
  return lines;
}

/** Breaks at spaces; lines after the first are indented to stand under the text. */
export function wrap(bullet: string, text: string): string[] {
  const lines: string[] = [];
  let line = bullet;
  for (const word of text.split(' ')) {
    const isEmpty = line.trim() === '' || line === bullet;
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(bullet.length) + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}
