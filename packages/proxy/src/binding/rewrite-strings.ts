/**
 * Replaces strings in a JSON text, and keeps every other character, such as the digits of large numbers.
 *
 * @module
 */

/** The name that stands in a path for the elements of a list. */
export const ELEMENT = '[]';

/**
 * Returns the replacement of a string, or `undefined` to keep it. `path` has the names of the members that
 * lead to the string.
 */
export type Replace = (path: readonly string[], value: string) => string | undefined;

interface Level {
  readonly isList: boolean;
  name: string;
}

/**
 * Replaces strings in a text that `JSON.parse` accepts. Names of members are kept.
 *
 * @param names - the names of the members whose strings, or lists of strings, `replace` is asked about
 */
export function rewriteStrings(text: string, names: ReadonlySet<string>, replace: Replace): string {
  const levels: Level[] = [];
  let isName = false;
  let written = '';
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    switch (text.charAt(at)) {
      case '{':
      case '[': {
        const isList = text[at] === '[';
        levels.push({ isList, name: isList ? ELEMENT : '' });
        isName = !isList;
        break;
      }
      case '}':
      case ']':
        levels.pop();
        isName = false;
        break;
      case ',':
        isName = level?.isList === false;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (isName && level !== undefined) {
          level.name = JSON.parse(text.slice(at, end)) as string;
          isName = false;
        } else if (isAskedFor(levels, names)) {
          const path = levels.map(({ name }) => name);
          const replacement = replace(path, JSON.parse(text.slice(at, end)) as string);
          if (replacement !== undefined) {
            written += text.slice(copied, at) + JSON.stringify(replacement);
            copied = end;
          }
        }
        at = end - 1;
        break;
      }
      default:
    }
  }
  return written + text.slice(copied);
}

function isAskedFor(levels: readonly Level[], names: ReadonlySet<string>): boolean {
  const last = levels.at(-1);
  const name = last?.isList === true ? levels.at(-2)?.name : last?.name;
  return name !== undefined && names.has(name);
}

/** Returns the index behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
