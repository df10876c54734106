/**
 * How servers find the resource of a URI.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';

/** A URI to the name of what is read, in the spelling of the oracle; `undefined` if there is none. */
export type ReadUri = (uri: string) => string | undefined;

/** As it is written, without what follows the path. */
export const exactly: ReadUri = (uri) => uri.replace(/[?#].*$/s, '');

/** As Node reads URLs: `fileURLToPath`, and variables that are decoded. */
export const asNode: ReadUri = (uri) => {
  try {
    const url = new URL(uri);
    if (url.protocol === 'file:') return `file://${fileURLToPath(url, { windows: false })}`;
    return decodeURIComponent(url.href.replace(/[?#].*$/s, ''));
  } catch {
    return undefined;
  }
};

/**
 * As file servers on Windows and servlet containers do: no parameters, no dots at the end; and any case,
 * but of notes, whose rule is a function, and the function decides whether case matters.
 */
export const leniently: ReadUri = (uri) => {
  const read = asNode(uri.replace(/[;?#].*$/s, ''))
    ?.replace(/[;?#].*$/s, '')
    .replace(/[. ]+$/, '');
  return read?.startsWith('notes:') === true ? read : read?.toLowerCase();
};
