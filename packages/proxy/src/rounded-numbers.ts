/**
 * Finds numbers in a JSON text that JavaScript rounds, and that other parsers may keep as they are.
 *
 * @module
 */

/**
 * Whether a number in the text becomes one of `values` and is not that number as JavaScript writes it. For
 * example, `0.1000000000000000055` becomes 0.1, but a parser that keeps decimals reads more than 0.1 (RFC 8259
 * s6). The function does not compare where a number stands, so a rounded number elsewhere counts, too.
 *
 * @param text - a text that `JSON.parse` accepts
 */
export function hasRounded(values: ReadonlySet<number>, text: string): boolean {
  if (values.size === 0) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = closingQuote(text, at);
    else if (code === 0x2d || isDigit(code)) {
      const start = at;
      while (isPart(text.charCodeAt(at + 1))) at++;
      const number = text.slice(start, at + 1);
      const value = Number(number);
      if (values.has(value) && decimalOf(number) !== decimalOf(String(value))) return true;
    }
  }
  return false;
}

function closingQuote(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether a character continues a number. */
function isPart(code: number): boolean {
  return isDigit(code) || code === 0x2e || (code | 0x20) === 0x65 || code === 0x2b || code === 0x2d;
}

/** Returns one spelling for all texts of a number, without its sign. It runs in linear time. */
function decimalOf(number: string): string {
  const [mantissa = '', exponent = '0'] = number.replace(/^-/, '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  let start = 0;
  while (digits[start] === '0') start++;
  let end = digits.length;
  while (end > start && digits[end - 1] === '0') end--;
  const power = Number(exponent) - fraction.length + digits.length - end;
  return start === end ? '0' : `${digits.slice(start, end)}e${power}`;
}
