/**
 * Reads header fields of Node's requests: the values that other middleware sees, with repeated lines found.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

/**
 * Returns the value of a header field; `null` if the request has none. `name` must be in lower case: any other
 * name finds nothing.
 *
 * Lines are counted in `rawHeaders`, because `headers` keeps only the first of two `Authorization` lines:
 * several lines are joined with `, ` (RFC 9110 s5.3), whatever `headers` says. The value of a single line, and
 * of the headers in `MAY_REPEAT`, is that of `headers`, which middleware may have changed. A changed value is
 * written into `rawHeaders`, too, so that code which reads that list finds what the gate evaluated. Framing
 * headers that were sent keep their value.
 *
 * @throws {@link Error} if the request shows no headers at all, because a header that cannot be read must
 * never count as absent
 */
export function readField(req: IncomingMessage, name: string): string | null {
  const rawHeaders = linesOf(req);
  let value: string | null = null;
  let lines = 0;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const key = rawHeaders[i] as string;
    if (key.length !== name.length || key.toLowerCase() !== name) continue;
    const line = rawHeaders[i + 1] as string;
    value = value === null ? line : value + (name === 'cookie' ? '; ' : ', ') + line;
    lines++;
  }
  if (lines > 1 && !MAY_REPEAT.has(name)) return value;
  const shown = req.headers[name];
  if (shown === value || (shown === undefined && value === null)) return value;
  // The framing headers that were sent say whether a body follows, also if middleware changed them.
  if (value !== null && (FRAMING.has(name) || isEmpty(req.headers))) return value;
  return changedField(req, name);
}

/**
 * Headers whose lines are one value. HTTP/2 splits cookies (RFC 9113 s8.2.3), and Node joins them with
 * `; `.
 */
const MAY_REPEAT: ReadonlySet<string> = new Set(['cookie', 'content-encoding']);

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** Whether `headers` is empty, because the request was made with `rawHeaders` alone. */
function isEmpty(headers: object): boolean {
  return Object.keys(headers).length === 0;
}

/** Stands for several values: no gate accepts it for credentials, origins or content types. */
const SEVERAL = ',';

/**
 * Returns the value of a header that middleware changed. Anything but a string or a number, such as a list,
 * counts as several values.
 */
function changedField(req: IncomingMessage, name: string): string | null {
  const given = shownValue(req.headers, name);
  if (given === undefined || given === null) return (replaceLine(req, name), null);
  // Bridges and mocks set the length as a number.
  if (typeof given !== 'string' && typeof given !== 'number') return SEVERAL;
  const value = String(given);
  replaceLine(req, name, value);
  return value;
}

/** Returns the value of an own member, whatever the case of its name: bridges do not always use lower case. */
function shownValue(headers: IncomingMessage['headers'], name: string): unknown {
  if (Object.hasOwn(headers, name)) return headers[name];
  const [key, ...others] = Object.keys(headers).filter((one) => one.toLowerCase() === name);
  return others.length > 0 ? others : key === undefined ? undefined : headers[key];
}

/**
 * Writes the only line of a field into `rawHeaders`, or removes the field. The list is changed in place,
 * because requests over HTTP/2 cannot get another one.
 */
function replaceLine({ rawHeaders }: IncomingMessage, name: string, value?: string): void {
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if ((rawHeaders[i] as string).toLowerCase() === name) rawHeaders.splice(i, 2);
  }
  if (value !== undefined) rawHeaders.push(name, value);
}

/**
 * Returns `rawHeaders`. Requests that no socket made (serverless bridges, mocks) may have none or an empty
 * list; the lines are then those of `headers`.
 */
function linesOf(req: IncomingMessage): string[] {
  const shown: Partial<IncomingMessage> = req;
  const lines = (shown.rawHeaders ??= []);
  if (lines.length > 0) return lines;
  const { headers } = shown;
  if (headers === undefined) throw new Error('the request shows no headers');
  for (const [name, value] of Object.entries<unknown>(headers)) {
    for (const one of [value].flat()) {
      if (one !== undefined) lines.push(name, typeof one === 'string' ? one : JSON.stringify(one));
    }
  }
  return lines;
}

/** Writes a header so that `headers` and `rawHeaders` agree. `name` is in lower case. */
export function writeField(req: IncomingMessage, name: string, value: string): void {
  req.headers[name] = value;
  replaceLine(req, name, value);
}

/**
 * Whether Node may have dropped header lines, which it does silently beyond `maxHeadersCount`. A framing header
 * or a second credential may be among them, so the view of such a request shows the value `,` for every
 * header, and every gate refuses that as credentials.
 */
export function isCutOff(req: IncomingMessage): boolean {
  // A mock has no socket.
  const { server } = (req.socket ?? {}) as { server?: { maxHeadersCount?: number | null } };
  const lines = server?.maxHeadersCount ?? DEFAULT_LINES;
  return lines > 0 && linesOf(req).length >= lines * 2;
}

/** Node's default number of lines. The documentation says 2000, but Node counts names and values. */
const DEFAULT_LINES = 1000;
