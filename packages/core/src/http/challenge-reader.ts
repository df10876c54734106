/**
 * The scanner of `parseChallenges`. It reads each field line in one pass, in linear time.
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
 * Patterns for productions of RFC 9110 s5.6 and s11.2, matched at the reader's index. Each of them can match
 * a text in one way only, so that a failed match takes linear time.
 */

/** Matches a token68 that ends its list element. Before other text, it may be the name of a parameter. */
const TOKEN68_ELEMENT = /[\w.~+/-]+=*(?=[\t ]*(?:,|$))/y;
/** Matches the text up to a comma or white space. */
const WORD = /[^\t ,]*/y;
/** Matches further words, up to a comma or an equals sign. */
const WORDS = /(?:[\t ]+[^\t ,=]+)*/y;

/** Matches a field value (RFC 9110 s5.5): only octets, and no control character except the tab. */
const FIELD_VALUE = /^[\t -~\x80-\xff]*$/;

/** The list of problems that all well-formed challenges share, so that they need no list of their own. */
const NO_PROBLEMS: ChallengeProblem[] = [];
Object.freeze(NO_PROBLEMS);

/** Reads field lines one after another. A challenge may continue in the next line. */
export class ChallengeReader {
  readonly challenges: Challenge[] = [];
  #current: OpenChallenge | undefined;
  /** Names of parameters that the current challenge has more than once. */
  #dropped: Set<string> | undefined;
  /** Whether the current challenge has a scheme without a space after it, so that no parameter may follow. */
  #isClosed = false;
  #text = '';
  #base = 0;
  #index = 0;

  /**
   * Reads the elements of one field line.
   *
   * @param base - the offset of the line's start, for reported offsets
   */
  readLine(line: string, base: number): void {
    this.#text = line;
    this.#base = base;
    this.#index = 0;
    // Whether a comma or the line's start precedes the next element. Empty elements are allowed.
    let isSeparated = true;
    while (this.#index < line.length) {
      const char = line[this.#index];
      if (char === ',') {
        isSeparated = true;
        this.#index++;
      } else if (char === ' ' || char === '\t') {
        this.#index++;
      } else {
        this.#readElement(isSeparated);
        isSeparated = false;
      }
    }
  }

  #open(scheme: string): void {
    this.#dropped = undefined;
    this.#isClosed = false;
    this.challenges.push((this.#current = { scheme, params: new Map(), problems: NO_PROBLEMS }));
  }

  #report(code: ChallengeProblemCode, offset: number): void {
    const challenge = this.#current as OpenChallenge;
    if (challenge.problems === NO_PROBLEMS) challenge.problems = [];
    challenge.problems.push({ code, offset: this.#base + offset });
  }

  /** Reports a problem and continues at the next comma outside of quotes. */
  #skipElement(code: ChallengeProblemCode, offset: number): void {
    const text = this.#text;
    if (this.#current === undefined) this.#open('');
    this.#report(code, offset);
    while (this.#index < text.length && text[this.#index] !== ',') {
      if (text[this.#index] === '"') this.#index = closingQuote(text, this.#index);
      this.#index++;
    }
  }

  /** Reads text that matches the production at the index, and returns it; `''` if the text does not match. */
  #match(production: RegExp): string {
    production.lastIndex = this.#index;
    const found = production.exec(this.#text)?.[0] ?? '';
    this.#index += found.length;
    return found;
  }

  /** Reads a list element: the scheme of a challenge with its first part, or a further parameter. */
  #readElement(isSeparated: boolean): void {
    const text = this.#text;
    const start = this.#index;
    const end = skip(text, start, TOKEN);
    if (end === start) return this.#skipElement('illegal-character', start);
    const next = skipWhitespace(text, end);
    // An element that begins with `token BWS "="` is a parameter, any other one is a scheme (RFC 9110 s11.6.1).
    if (text[next] !== '=') {
      // A challenge can begin only after a comma, so a word without a comma before it is no scheme.
      if (!isSeparated) return this.#skipElement('missing-comma', start);
      this.#open(text.slice(start, end).toLowerCase());
      this.#index = next;
      return this.#readFirstPart(end);
    }
    if (this.#current === undefined) {
      this.#open('');
      this.#report('missing-scheme', start);
    } else if (!isSeparated) {
      this.#report('missing-comma', start);
    } else if (this.#current.token68 !== undefined) {
      this.#report('token68-with-parameters', start);
    } else if (this.#isClosed) {
      // With a space before the comma (`Bearer ,`), this would be valid: the list of parameters then begins
      // with an empty element (RFC 9110 s5.6.1.2).
      this.#report('comma-after-scheme', start);
      this.#isClosed = false;
    }
    this.#readParameter(start, end, next);
  }

  /** Reads the text between a scheme and the next comma: nothing, a token68 or the first parameter. */
  #readFirstPart(schemeEnd: number): void {
    const text = this.#text;
    const start = this.#index;
    if (start === text.length || text[start] === ',') {
      this.#isClosed = text[schemeEnd] !== ' ';
      return;
    }
    if (start === schemeEnd) return this.#skipElement('illegal-character', start);
    if (text.slice(schemeEnd, start).includes('\t')) this.#report('tab-after-scheme', schemeEnd);
    const end = skip(text, start, TOKEN);
    const equals = skipWhitespace(text, end);
    const isAssigned = text[equals] === '=';
    // A token68 may end with `=`, but never with `="`: most parameters need no match of TOKEN68_ELEMENT.
    if (!(isAssigned && text[equals + 1] === '"')) {
      const token68 = this.#match(TOKEN68_ELEMENT);
      if (token68 !== '') {
        (this.#current as OpenChallenge).token68 = token68;
        return;
      }
      if (!isAssigned) return this.#skipElement('illegal-character', equals);
    }
    this.#readParameter(start, end, equals);
  }

  #readParameter(start: number, end: number, equals: number): void {
    const text = this.#text;
    this.#index = skipWhitespace(text, equals + 1);
    const value = text[this.#index] === '"' ? this.#readQuoted() : this.#readUnquoted();
    if (value === undefined) return;
    const { params } = this.#current as OpenChallenge;
    const name = text.slice(start, end).toLowerCase();
    if (params.has(name) || this.#dropped?.has(name) === true) {
      this.#report('duplicate-parameter', start);
      params.delete(name);
      (this.#dropped ??= new Set()).add(name);
      return;
    }
    params.set(name, value);
  }

  /**
   * Reads an unquoted value up to the comma, because a part of a list without quotes (`scope=read write`)
   * would be another list. If the text after the value may be a parameter or a part of the value, both are
   * skipped.
   */
  #readUnquoted(): string | undefined {
    const text = this.#text;
    const start = this.#index;
    const tokenEnd = skip(text, start, TOKEN);
    let value = this.#match(WORD);
    const next = skip(text, skipWhitespace(text, this.#index), TOKEN);
    // An unquoted list contains no quote. If `name="` follows the first word, only the comma is missing.
    if (!text.startsWith('="', skipWhitespace(text, next))) value += this.#match(WORDS);
    if (text[skipWhitespace(text, this.#index)] === '=') value = '';
    if (value === '') {
      this.#skipElement(start === this.#index ? 'missing-value' : 'unquoted-value', tokenEnd);
      return undefined;
    }
    if (this.#index > tokenEnd) this.#report('unquoted-value', tokenEnd);
    return value;
  }

  /** Reads a quoted-string (RFC 9110 s5.6.4) and returns its value; `undefined` if its end is missing. */
  #readQuoted(): string | undefined {
    const text = this.#text;
    const start = this.#index;
    const end = closingQuote(text, start);
    this.#index = end + 1;
    if (end === text.length) {
      this.#report('unterminated-quote', start);
      return undefined;
    }
    const value = text.slice(start + 1, end);
    const unescaped = value.includes('\\') ? value.replaceAll(/\\([^])/g, '$1') : value;
    if (!FIELD_VALUE.test(unescaped)) this.#report('illegal-character', start + 1);
    return unescaped;
  }
}
