/**
 * Removal of tokens from texts.
 *
 * @module
 */

/**
 * Replaces tokens and their parts of 8 characters or more, because reports and explanations are printed and
 * stored.
 */
export function redact(text: string, tokens: Iterable<string>): string {
  let redacted = text;
  for (const token of tokens) {
    for (const part of [token, ...token.split('.')]) {
      if (part.length >= 8) redacted = redacted.replaceAll(part, '[token]');
    }
  }
  return redacted;
}
