/**
 * JSON as it is written: members may come twice, scalars keep their spelling.
 *
 * @module
 */

export type Json =
  | { readonly kind: 'object'; members: [name: string, value: Json][] }
  | { readonly kind: 'list'; items: Json[] }
  /** A scalar as it is written, quotes included. */
  | { readonly kind: 'scalar'; text: string };

export function toJson(value: unknown): Json {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toJson) };
  if (typeof value === 'object' && value !== null) {
    return {
      kind: 'object',
      members: Object.entries(value).map(([name, part]) => [name, toJson(part)]),
    };
  }
  return { kind: 'scalar', text: JSON.stringify(value) ?? 'null' };
}

/** Writes it; `escape` may spell a string in another way. */
export function writeJson(json: Json, escape: (text: string) => string = JSON.stringify): string {
  switch (json.kind) {
    case 'object':
      return `{${json.members.map(([name, value]) => `${escape(name)}:${writeJson(value, escape)}`).join(',')}}`;
    case 'list':
      return `[${json.items.map((item) => writeJson(item, escape)).join(',')}]`;
    case 'scalar':
      return json.text;
  }
}

/** Reads a text that is JSON, with every member as often as it comes. */
export function readJson(text: string): Json {
  let at = 0;
  const blank = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const scalar = (): string => {
    const [found = ''] = /^(?:"(?:[^"\\]|\\.)*"|[^\s,:{}[\]"]+)/s.exec(text.slice(at)) ?? [];
    if (found === '') throw new SyntaxError(`no JSON at ${at}`);
    at += found.length;
    return found;
  };
  const sequence = (end: string, one: () => void): void => {
    for (at++, blank(); text[at] !== end; blank()) {
      one();
      blank();
      if (text[at] === ',') at++;
      else if (text[at] !== end) throw new SyntaxError(`no JSON at ${at}`);
    }
    at++;
  };
  const value = (): Json => {
    blank();
    if (text[at] === '{') {
      const members: [string, Json][] = [];
      sequence('}', () => {
        blank();
        const name = JSON.parse(scalar()) as string;
        blank();
        at++;
        members.push([name, value()]);
      });
      return { kind: 'object', members };
    }
    if (text[at] === '[') {
      const items: Json[] = [];
      sequence(']', () => items.push(value()));
      return { kind: 'list', items };
    }
    return { kind: 'scalar', text: scalar() };
  };
  return value();
}
