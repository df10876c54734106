/**
 * Finds the caller's own token where it must not be sent to another server.
 *
 * @module
 */

/** Whether a text contains the caller's token, which is for this resource only. */
export function holdsToken(text: string, token: string): boolean {
  // A short token, such as one of `staticTokens`, may be a part of another word.
  return token.length < 16 ? text.split(/[\s:=&]/).includes(token) : text.includes(token);
}

/**
 * Describes where a request repeats its own token; `undefined` if it does not. `upstreamTokens` sends no such
 * request, and the caller is the one who can correct it.
 *
 * @param headers - those of the caller that would be sent
 * @param text - the body that the gate read
 */
export function repeatedToken(
  token: string,
  target: URL,
  headers: Headers,
  text: string | undefined,
): string | undefined {
  const holds = (part: string): boolean => holdsToken(part, token);
  for (const [name, value] of headers) {
    if (holds(value)) return `The header ${name} repeats the access token`;
  }
  if ([target.href, decode(target.href), ...target.searchParams.values()].some(holds)) {
    return 'The URL repeats the access token';
  }
  return text !== undefined && holds(text) ? 'The body repeats the access token' : undefined;
}

/** Decodes the bytes of a URL one by one, which is enough for a token, because it is ASCII. */
function decode(url: string): string {
  return url.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
