/**
 * Finds requests that name a method besides the one that the gate checked: `_method=DELETE` in a query, a form
 * or JSON. Rails, Laravel, Symfony, Spring, WordPress and others can be configured to use this method. Only the
 * names of parameters are read, so a request that names its own method is found, too.
 *
 * @module
 */
import { FormNames, JsonNames, PartNames } from './body-names.js';
import type { BodyNames } from './body-names.js';
import { isObject } from './member-names.js';

/** Names of parameters that contain a method, with `-` for every separator. */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...['-method', '-http-method', 'x-http-method', 'x-http-method-override', 'x-method-override'],
]);

/**
 * Whether a parameter of this name contains a method. PHP drops blanks before a name, reads `.`, `[` and a
 * space as `_`, and ends the name at a later `[`; ASP.NET ignores case.
 */
export function isMethodParameter(name: string): boolean {
  let at = 0;
  while (at < name.length && name.charCodeAt(at) <= 0x20) at++;
  const rest = name.slice(at, at + 64).toLowerCase();
  const end = rest.search(/(?!^)[[\]\0]/);
  return PARAMETERS.has((end < 0 ? rest : rest.slice(0, end)).replaceAll(/[_.[ ]/g, '-'));
}

/** Whether a parameter of the query names a method. */
export function queryOverridesMethod(search: string): boolean {
  const names = new FormNames(isMethodParameter);
  return names.push(search.slice(1)) || names.end();
}

/** Whether a member at the top of a JSON document that was read names a method. */
export function documentOverridesMethod(document: unknown): boolean {
  return isObject(document) && Object.keys(document).some(isMethodParameter);
}

/** A body that is checked while it is forwarded. */
export interface CheckedBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Whether the body was cut off because it names another method. */
  readonly overrides: () => boolean;
}

/**
 * Returns a body that is searched while it is forwarded, if its type is a form or JSON, or if it has no type,
 * since some servers read such a body as a form. Any other body is returned unchanged. Returns `undefined` for
 * a body that must be searched and cannot be, because it is encoded.
 *
 * The stream of a body that names another method fails, so that the upstream never gets all of it.
 */
export function checkBody(
  body: ReadableStream<Uint8Array>,
  headers: Headers,
): CheckedBody | undefined {
  const readers = readersFor(headers.get('content-type'));
  let overrides = false;
  const checked = { body, overrides: () => overrides };
  if (readers.length === 0) return checked;
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return undefined;
  const refuse = (): never => {
    overrides = true;
    throw new TypeError('the body names another method');
  };
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      // The names that are searched for are ASCII, so each byte can be read as a character.
      const text = LATIN1.decode(chunk);
      if (readers.map((names) => names.push(text)).includes(true)) refuse();
      controller.enqueue(chunk);
    },
    flush() {
      if (readers.some((names) => names.end())) refuse();
    },
  });
  return { ...checked, body: body.pipeThrough(stream) };
}

const LATIN1 = new TextDecoder('latin1');

/** Returns the readers for a type. Words of the type decide, since servers read malformed types differently. */
function readersFor(contentType: string | null): readonly BodyNames[] {
  const type = contentType?.toLowerCase() ?? '';
  const readers: BodyNames[] = [];
  if (type.trim() === '' || type.includes('urlencoded')) {
    readers.push(new FormNames(isMethodParameter));
  }
  if (type.includes('multipart')) readers.push(new PartNames(isMethodParameter));
  if (type.includes('json')) readers.push(new JsonNames(isMethodParameter));
  return readers;
}
