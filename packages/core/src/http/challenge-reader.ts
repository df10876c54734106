/**
 * The scanner behind `parseChallenges`: one pass over each field line, linear in its length.
 *
 * @module
 */
import { TOKEN, closingQuote, skip, skipWhitespace } from './characters.js';
import type { Challenge, ChallengeProblem, ChallengeProblemCode } from './challenge.js';

interface OpenChallenge {
  readonly scheme: string;
  readonly params: Map<string, string>;
  token68?: string;
  problems: ChallengeProblem[];
}

/*
 * Productions of RFC 9110 s5.6 and s11.2, matched where the reader stands. Each reads a text in one
 * way only, so that what it gave up is given up at once.
 */

/** Up to the end of the list element; with more behind it, it was the name of a parameter. */
const TOKEN68_ELEMENT = /[\w.~+/-]+=*(?=[\t ]*(?:,|$))/y;
/** Up to a comma or white space. */
const UNQUOTED = /[^\t ,]*/y;

/** What RFC 9110 s5.5 allows in a field value: no control but the tab, and octets only. */
const FIELD_VALUE = /^[\t -~\x80-\xff]*$/;

/** Shared by all well-formed challenges, so that the common case allocates no list. */
const NO_PROBLEMS: ChallengeProblem[] = [];
Object.freeze(NO_PROBLEMS);

/**
 * Reads field lines one after another; a challenge may go on in the next line. Line by line, not
 * joined: an open quote in one line must not swallow the next. Offsets count as if the lines were
 * joined with ", " (RFC 9110 s5.3).
 */
export function readChallenges(lines: readonly string[]): Challenge[] {
  const challenges: OpenChallenge[] = [];
  let text = '';
  let isLegal = true;
  let base = 0;
  let index = 0;
  let current: OpenChallenge | undefined;
  /** Names that the current challenge gave more than once. */
  let dropped: Set<string> | undefined;
  /** Whether its scheme ends without a space, so that no parameter may follow. */
  let isClosed = false;

  function open(scheme: string): void {
    dropped = undefined;
    isClosed = false;
    challenges.push((current = { scheme, params: new Map(), problems: NO_PROBLEMS }));
  }

  function report(code: ChallengeProblemCode, offset: number): void {
    const challenge = current as OpenChallenge;
    if (challenge.problems === NO_PROBLEMS) challenge.problems = [];
    challenge.problems.push({ code, offset: base + offset });
  }

  /** Notes a problem and goes on behind the next comma that stands outside quotes. */
  function skipElement(code: ChallengeProblemCode, offset: number): void {
    if (current === undefined) open('');
    report(code, offset);
    while (index < text.length && text[index] !== ',') {
      index = text[index] === '"' ? closingQuote(text, index) + 1 : index + 1;
    }
  }

  /** Reads one of the productions, `''` if it does not stand here. */
  function match(production: RegExp): string {
    production.lastIndex = index;
    const found = production.exec(text)?.[0] ?? '';
    index += found.length;
    return found;
  }

  /** A list element: a challenge's scheme with its first part, or one more parameter. */
  function readElement(isSeparated: boolean): void {
    const start = index;
    const end = skip(text, start, TOKEN);
    if (end === start) return skipElement('illegal-character', start);
    const next = skipWhitespace(text, end);
    // `token BWS "="` is a parameter, anything else a scheme (RFC 9110 s11.6.1, by look-ahead).
    if (text[next] !== '=') {
      // A challenge begins after a comma only: a stray word is no scheme.
      if (!isSeparated) return skipElement('missing-comma', start);
      open(text.slice(start, end).toLowerCase());
      index = next;
      return readFirstPart(end);
    }
    if (current === undefined) {
      open('');
      report('missing-scheme', start);
    } else if (!isSeparated) {
      report('missing-comma', start);
    } else if (current.token68 !== undefined) {
      report('token68-with-parameters', start);
    } else if (isClosed) {
      // Behind `Bearer ,` the list of parameters has begun, with an empty element (s5.6.1.2).
      report('comma-after-scheme', start);
      isClosed = false;
    }
    readParameter(start, end, next);
  }

  /** What stands between a scheme and the next comma: nothing, a token68 or the first parameter. */
  function readFirstPart(schemeEnd: number): void {
    const start = index;
    if (start === text.length || text[start] === ',') {
      isClosed = text[schemeEnd] !== ' ';
      return;
    }
    if (start === schemeEnd) return skipElement('illegal-character', start);
    if (text.slice(schemeEnd, start).includes('\t')) report('tab-after-scheme', schemeEnd);
    const end = skip(text, start, TOKEN);
    const equals = skipWhitespace(text, end);
    const isAssigned = text[equals] === '=';
    // A token68 may end with `=` too, but not with a quote behind it: most need no second look.
    if (!(isAssigned && text[equals + 1] === '"')) {
      const token68 = match(TOKEN68_ELEMENT);
      if (token68 !== '') {
        (current as OpenChallenge).token68 = token68;
        return;
      }
      if (!isAssigned) return skipElement('illegal-character', equals);
    }
    readParameter(start, end, equals);
  }

  function readParameter(start: number, end: number, equals: number): void {
    index = skipWhitespace(text, equals + 1);
    const value = text[index] === '"' ? readQuoted() : readUnquoted();
    if (value === undefined) return;
    const { params } = current as OpenChallenge;
    const name = text.slice(start, end).toLowerCase();
    if (params.has(name) || dropped?.has(name) === true) {
      report('duplicate-parameter', start);
      params.delete(name);
      (dropped ??= new Set()).add(name);
      return;
    }
    params.set(name, value);
  }

  function readUnquoted(): string | undefined {
    const start = index;
    const tokenEnd = skip(text, start, TOKEN);
    const value = match(UNQUOTED);
    if (index > tokenEnd) report('unquoted-value', tokenEnd);
    if (value !== '') return value;
    report('missing-value', start);
    return undefined;
  }

  /** A quoted-string (RFC 9110 s5.6.4). */
  function readQuoted(): string | undefined {
    const start = index;
    const end = closingQuote(text, start);
    index = end + 1;
    if (end === text.length) {
      report('unterminated-quote', start);
      return undefined;
    }
    const value = text.slice(start + 1, end);
    const unescaped = value.includes('\\') ? value.replaceAll(/\\([^])/g, '$1') : value;
    if (!isLegal && !FIELD_VALUE.test(unescaped)) report('illegal-character', start + 1);
    return unescaped;
  }

  for (text of lines) {
    isLegal = FIELD_VALUE.test(text);
    index = 0;
    // A comma, or the line's start, stands in front of an element. Empty elements are legal.
    let isSeparated = true;
    while (index < text.length) {
      const char = text[index];
      if (char === ',') {
        isSeparated = true;
        index++;
      } else if (char === ' ' || char === '\t') {
        index++;
      } else {
        readElement(isSeparated);
        isSeparated = false;
      }
    }
    base += text.length + 2;
  }
  return challenges;
}
