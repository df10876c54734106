/**
 * The scanner behind `parseChallenges`: one pass over each field line, linear in its length.
 *
 * @module
 */
import type { Challenge, ChallengeProblem, ChallengeProblemCode } from './challenge.js';
import {
  BACKSLASH,
  COMMA,
  DQUOTE,
  EQUALS,
  HTAB,
  SP,
  TOKEN,
  TOKEN68,
  UPPER,
  classOf,
  skip,
  skipWhitespace,
} from './characters.js';

interface OpenChallenge {
  scheme: string;
  params: Map<string, string>;
  token68?: string;
  problems: readonly ChallengeProblem[];
}

/** Shared by all well-formed challenges, so that the common case allocates no list. */
const NO_PROBLEMS: readonly ChallengeProblem[] = Object.freeze([]);

/** What RFC 9110 s5.5 does not allow in a field value: controls but the tab, and what is no octet. */
// oxlint-disable-next-line no-control-regex -- controls are what it looks for
const ILLEGAL_OCTET = /[^\t\x20-\x7e\x80-\xff]/;

/** Reads field lines one after another; a challenge may go on in the next line. */
export class ChallengeReader {
  readonly challenges: Challenge[] = [];
  #current: OpenChallenge | undefined;
  /** Shared by the challenges without parameters, or a line of commas would cost a map for each. */
  #empty: Map<string, string> | undefined;
  /** Names the current challenge gave more than once. */
  #dropped: Set<string> | undefined;
  #text = '';
  #base = 0;
  #index = 0;
  /** Whether a comma, or the line's start, stands in front of the element being read. */
  #separated = true;
  /** Whether the current scheme ends without a space, so that no parameter may follow. */
  #closed = false;
  /** Where the next backslash stands, looked up once and remembered: keeps quotes linear; 0 at first. */
  #backslash = 0;
  #hasUpperCase = false;

  readLine(line: string, base: number): void {
    this.#text = line;
    this.#base = base;
    this.#index = 0;
    this.#backslash = 0;
    while (this.#toNextElement()) this.#readElement();
  }

  /** Moves over white space and commas; false at the end of the line. Empty elements are legal. */
  #toNextElement(): boolean {
    const text = this.#text;
    this.#separated = this.#index === 0;
    let i = skipWhitespace(text, this.#index);
    while (text.charCodeAt(i) === COMMA) {
      this.#separated = true;
      i = skipWhitespace(text, i + 1);
    }
    this.#index = i;
    return i < text.length;
  }

  /** A list element: a challenge's scheme with its first part, or one more parameter. */
  #readElement(): void {
    const text = this.#text;
    const index = this.#index;
    const nameEnd = this.#skipName(index);
    if (nameEnd === index) return this.#skipElement('illegal-character', index);
    // `token BWS "="` is a parameter, anything else a scheme (RFC 9110 s11.6.1, by look-ahead).
    const equals = skipWhitespace(text, nameEnd);
    if (text.charCodeAt(equals) === EQUALS) {
      return this.#readFurtherParameter(index, nameEnd, equals);
    }
    // A challenge begins after a comma only: a stray word is no scheme.
    if (!this.#separated) return this.#skipElement('missing-comma', index);
    this.#open(this.#name(index, nameEnd));
    this.#index = nameEnd;
    this.#readFirstPart();
  }

  /** What stands between a scheme and the next comma: nothing, a token68 or the first parameter. */
  #readFirstPart(): void {
    const text = this.#text;
    const index = this.#index;
    const start = skipWhitespace(text, index);
    const code = text.charCodeAt(start);
    this.#index = start;
    this.#closed = false;
    if (start === text.length || code === COMMA) {
      this.#closed = text.charCodeAt(index) !== SP;
      return;
    }
    if (start === index) return this.#skipElement('illegal-character', index);
    if (skipSpaces(text, index) !== start) this.#report('tab-after-scheme', index);
    const nameEnd = this.#skipName(start);
    const equals = skipWhitespace(text, nameEnd);
    // Behind a name only: else readElement would have taken the scheme for the name.
    const assigned = text.charCodeAt(equals) === EQUALS;
    // A token68 may end with `=` too, but not with a quote behind it: most need no second look.
    const quoted = assigned && text.charCodeAt(equals + 1) === DQUOTE;
    if (!quoted && this.#readToken68(start)) return;
    if (!assigned) return this.#skipElement('illegal-character', equals);
    this.#readParameter(start, nameEnd, equals);
  }

  #readToken68(start: number): boolean {
    const text = this.#text;
    let end = skip(text, start, TOKEN68);
    while (text.charCodeAt(end) === EQUALS) end++;
    const next = skipWhitespace(text, end);
    if (next < text.length && text.charCodeAt(next) !== COMMA) return false;
    (this.#current as OpenChallenge).token68 = text.slice(start, end);
    this.#index = next;
    return true;
  }

  #readFurtherParameter(start: number, nameEnd: number, equals: number): void {
    const current = this.#current;
    if (current === undefined) {
      this.#open('');
      this.#report('missing-scheme', start);
    } else if (!this.#separated) {
      this.#report('missing-comma', start);
    } else if (current.token68 !== undefined) {
      this.#report('token68-with-parameters', start);
    } else if (this.#closed) {
      // Behind `Bearer ,` the list of parameters has begun, with an empty element (s5.6.1.2).
      this.#report('comma-after-scheme', start);
      this.#closed = false;
    }
    this.#readParameter(start, nameEnd, equals);
  }

  #readParameter(start: number, nameEnd: number, equals: number): void {
    const name = this.#name(start, nameEnd);
    const valueStart = skipWhitespace(this.#text, equals + 1);
    const value =
      this.#text.charCodeAt(valueStart) === DQUOTE
        ? this.#readQuoted(valueStart)
        : this.#readUnquoted(valueStart);
    if (value === undefined) return;
    const current = this.#current as OpenChallenge;
    if (current.params.has(name) || this.#dropped?.has(name) === true) {
      this.#report('duplicate-parameter', start);
      current.params.delete(name);
      (this.#dropped ??= new Set()).add(name);
      return;
    }
    if (current.params === this.#empty) current.params = new Map();
    current.params.set(name, value);
  }

  #readUnquoted(start: number): string | undefined {
    const text = this.#text;
    let end = skip(text, start, TOKEN);
    const code = end < text.length ? text.charCodeAt(end) : COMMA;
    if (code !== COMMA && code !== SP && code !== HTAB) {
      this.#report('unquoted-value', end);
      end = unquotedEnd(text, end);
    }
    this.#index = end;
    if (end > start) return text.slice(start, end);
    this.#report('missing-value', start);
    return undefined;
  }

  /** A quoted-string (RFC 9110 s5.6.4), `start` at its opening quote. */
  #readQuoted(start: number): string | undefined {
    const text = this.#text;
    let from = start + 1;
    let value = '';
    let quote = text.indexOf('"', from);
    for (;;) {
      if (quote === -1) {
        this.#index = text.length;
        this.#report('unterminated-quote', start);
        return undefined;
      }
      const backslash = this.#nextBackslash(from);
      if (backslash > quote) break;
      value += text.slice(from, backslash) + text.charAt(backslash + 1);
      from = backslash + 2;
      if (quote < from) quote = text.indexOf('"', from);
    }
    value += text.slice(from, quote);
    this.#index = quote + 1;
    if (ILLEGAL_OCTET.test(value)) this.#report('illegal-character', start + 1);
    return value;
  }

  /** The end of a token, and on the way whether it needs lowering: most do not. */
  #skipName(start: number): number {
    const text = this.#text;
    let seen = 0;
    let i = start;
    for (; ; i++) {
      const bits = classOf(text.charCodeAt(i));
      if ((bits & TOKEN) === 0) break;
      seen |= bits;
    }
    this.#hasUpperCase = (seen & UPPER) !== 0;
    return i;
  }

  /** The token that {@link skipName} just passed, in lower case. */
  #name(start: number, end: number): string {
    const name = this.#text.slice(start, end);
    return this.#hasUpperCase ? name.toLowerCase() : name;
  }

  #nextBackslash(from: number): number {
    if (this.#backslash < from) {
      const found = this.#text.indexOf('\\', from);
      this.#backslash = found === -1 ? Number.MAX_SAFE_INTEGER : found;
    }
    return this.#backslash;
  }

  #open(scheme: string): void {
    this.#dropped = undefined;
    const params =
      this.#current === undefined
        ? new Map<string, string>()
        : (this.#empty ??= new Map<string, string>());
    this.#current = { scheme, params, problems: NO_PROBLEMS };
    this.challenges.push(this.#current);
  }

  /** Notes a problem and goes on behind the next comma that stands outside quotes. */
  #skipElement(code: ChallengeProblemCode, offset: number): void {
    if (this.#current === undefined) this.#open('');
    this.#report(code, offset);
    this.#index = elementEnd(this.#text, this.#index);
  }

  #report(code: ChallengeProblemCode, offset: number): void {
    const current = this.#current as OpenChallenge;
    const problem = { code, offset: this.#base + offset };
    if (current.problems === NO_PROBLEMS) current.problems = [problem];
    else (current.problems as ChallengeProblem[]).push(problem);
  }
}

function skipSpaces(text: string, index: number): number {
  let i = index;
  while (text.charCodeAt(i) === SP) i++;
  return i;
}

function unquotedEnd(text: string, start: number): number {
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COMMA || code === SP || code === HTAB) break;
  }
  return i;
}

function elementEnd(text: string, start: number): number {
  let quoted = false;
  let i = start;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH && quoted) i++;
    else if (code === DQUOTE) quoted = !quoted;
    else if (code === COMMA && !quoted) break;
  }
  return Math.min(i, text.length);
}
