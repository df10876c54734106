/**
 * Finds field names in a body that arrives in chunks, in one pass. A reader stores only the name, or the part's
 * headers, that it is reading. Each reader accepts more spellings of a name than any single server does.
 *
 * @module
 */

/** Reads a body chunk by chunk and looks for a field name. */
export interface BodyNames {
  /** Reads the next chunk. Returns whether a name that is searched for ends in it. */
  push(text: string): boolean;
  /** Returns whether a name that is searched for ends at the end of the body. */
  end(): boolean;
}

type IsSought = (name: string) => boolean;

/** Maximum length of a name. No name that is searched for is longer, even with every character escaped. */
const MAX_NAME = 256;

/** Reads the field names of `application/x-www-form-urlencoded`, with `&` or `;` between pairs. */
export class FormNames implements BodyNames {
  readonly #isSought: IsSought;
  #name = '';
  #isInValue = false;

  constructor(isSought: IsSought) {
    this.#isSought = isSought;
  }

  push(text: string): boolean {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      const endsPair = code === 0x26 || code === 0x3b;
      if (!endsPair && code !== 0x3d) continue;
      if (!this.#isInValue) {
        this.#add(text.slice(start, i));
        if (this.end()) return true;
      }
      this.#name = '';
      this.#isInValue = !endsPair;
      start = i + 1;
    }
    if (!this.#isInValue) this.#add(text.slice(start));
    return false;
  }

  end(): boolean {
    const { length } = this.#name;
    return length > 0 && length <= MAX_NAME && this.#isSought(decodeForm(this.#name));
  }

  #add(text: string): void {
    this.#name += text;
    if (this.#name.length <= MAX_NAME) return;
    // Some servers drop blanks before a name, so drop them here before the name is cut.
    this.#name = this.#name.replace(/^(?:[\0- +]|%[01][0-9a-f]|%20)+/i, '').slice(0, MAX_NAME + 1);
  }
}

function decodeForm(text: string): string {
  if (!/[+%]/.test(text)) return text;
  return text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** Reads the names of the top-level members of a JSON object. */
export class JsonNames implements BodyNames {
  readonly #isSought: IsSought;
  #depth = 0;
  /** The string that is being read, with its escapes; `undefined` outside of strings. */
  #string: string | undefined;
  #isEscaped = false;
  /** Whether the last token is a string that is searched for, which is a name if a colon follows. */
  #isFound = false;

  constructor(isSought: IsSought) {
    this.#isSought = isSought;
  }

  push(text: string): boolean {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (this.#string !== undefined) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === 0x5c) this.#isEscaped = true;
        else if (code === 0x22) {
          const string = this.#string + text.slice(start, Math.min(i, start + MAX_NAME + 1));
          this.#isFound = this.#depth === 1 && this.#isName(string);
          this.#string = undefined;
        }
      } else if (code === 0x22) {
        this.#string = '';
        start = i + 1;
      } else if (code === 0x3a) {
        if (this.#isFound) return true;
      } else if (code > 0x20) {
        this.#isFound = false;
        if (code === 0x7b || code === 0x5b) this.#depth++;
        else if (code === 0x7d || code === 0x5d) this.#depth--;
      }
    }
    if (this.#string !== undefined) {
      this.#string = (this.#string + text.slice(start)).slice(0, MAX_NAME + 1);
    }
    return false;
  }

  end(): boolean {
    return false;
  }

  #isName(text: string): boolean {
    if (text.length > MAX_NAME) return false;
    const name = text.replaceAll(/\\u([0-9a-f]{4})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return this.#isSought(name);
  }
}

/** Maximum number of characters of a part's headers that are read. Longer headers count as a match. */
const MAX_HEADERS = 4096;

/** Matches the beginning of a header that names a part. Rack reads a name from `Content-ID`, too. */
const NAMING_HEADER = /[\r\n]content-(?:disposition|id)/;
const NAMING_HEADER_LENGTH = '\ncontent-disposition'.length;

/**
 * Reads the names of the parts of `multipart/form-data`. It does not search for boundaries, because servers
 * read them differently: every line that begins with the name of a naming header counts as one.
 */
export class PartNames implements BodyNames {
  readonly #isSought: IsSought;
  /** The end of the text so far: the headers of a part, or text that may be the beginning of a header. */
  #rest = '\n';
  #isInHeaders = false;

  constructor(isSought: IsSought) {
    this.#isSought = isSought;
  }

  push(given: string): boolean {
    let text = this.#rest + given.toLowerCase();
    for (;;) {
      if (!this.#isInHeaders) {
        const at = text.search(NAMING_HEADER);
        if (at < 0) {
          this.#rest = text.slice(1 - NAMING_HEADER_LENGTH);
          return false;
        }
        text = text.slice(at);
        this.#isInHeaders = true;
      }
      const headers = text.slice(0, MAX_HEADERS + 1);
      const end = headers.search(/\n\r?\n|\r\r/);
      if (end < 0) {
        this.#rest = headers;
        return headers.length > MAX_HEADERS;
      }
      if (this.#hasSought(headers.slice(0, end))) return true;
      text = text.slice(end);
      this.#isInHeaders = false;
    }
  }

  end(): boolean {
    return this.#isInHeaders && this.#hasSought(this.#rest);
  }

  #hasSought(headers: string): boolean {
    // Encoded words (RFC 2047) and continuations (RFC 2231 s3) can hide a name, and forms do not need them (RFC
    // 7578 s5.1), so they count as a match.
    if (/name\*\d|=\?/.test(headers)) return true;
    return headers.split(/[;\r\n]/).some((part) => {
      const at = part.search(/[=:]/);
      if (at < 0 || !/name|content-id/.test(part.slice(0, at))) return false;
      const value = part.slice(at + 1).replaceAll(/[\\"'<>]/g, ' ');
      return value.split(' ').some((word) => this.#isSought(decodeForm(word)));
    });
  }
}
