/** What a gate keeps, and how much of it: each limit from both sides. */
import { describe, expect, test } from 'vitest';
import { createGate, insufficientScope } from '../../src/index.js';
import type { Decision, Gate, GateRequest, Rule } from '../../src/index.js';
import { callTool, check, notesGate } from '../support/mcp.js';

function scopeGate(): Gate<'a' | 'b'> {
  return createGate({
    resource: 'https://notes.example.com',
    verifier: () => ({ scopes: [] }),
    scopes: ['a', 'b'],
  });
}

const request: GateRequest = {
  method: 'GET',
  url: '/',
  headers: { get: (name) => (name === 'authorization' ? 'Bearer t' : null) },
};

describe('routes by rule', () => {
  /** A rule that counts how often it is prepared. */
  function counting(): { readonly rule: Rule<'a'>; readonly prepared: () => number } {
    let reads = 0;
    const rule = {
      ...{ [Symbol.for('scopegate.rule')]: true, kind: 'allOf' },
      get rules(): readonly string[] {
        reads++;
        return ['a'];
      },
    } as unknown as Rule<'a'>;
    return { rule, prepared: () => reads };
  }

  async function ask(gate: Gate<'a' | 'b'>, rule: Rule<'a'>): Promise<void> {
    expect(await gate.check(request, rule)).toMatchObject({ status: 403 });
  }

  test('each rule is prepared once, and never replaces another one [T50]', async () => {
    const gate = scopeGate();
    const { rule, prepared } = counting();
    await ask(gate, rule);
    const once = prepared();
    expect(once).toBeGreaterThan(0);
    await ask(gate, rule);
    expect(gate.decide(request, rule)).toMatchObject({ status: 403 });
    expect(prepared()).toBe(once);
    const challenges = [];
    for (const other of ['b', 'a', 'b'] as const) {
      challenges.push((await gate.check(request, other)).headers[0]?.[1]);
    }
    expect(challenges.map((value) => /scope="(\w)"/.exec(String(value))?.[1])).toEqual([
      ...['b', 'a', 'b'],
    ]);
  });

  test('1,000 are kept; further ones are prepared each time [T50]', async () => {
    const gate = scopeGate();
    const [first, last, late] = [counting(), counting(), counting()];
    await ask(gate, first.rule);
    for (let made = 1; made < 999; made++) await ask(gate, counting().rule);
    await ask(gate, last.rule);
    await ask(gate, late.rule);
    const counts = [first, last, late].map(({ prepared }) => prepared());
    for (const { rule } of [first, last, late]) await ask(gate, rule);
    expect(first.prepared()).toBe(counts[0]);
    expect(last.prepared()).toBe(counts[1]);
    expect(late.prepared()).toBe(2 * Number(counts[2]));
  });
});

describe('prepared refusals', () => {
  const word = (gate: Gate<'a' | 'b'>, description: string): unknown =>
    insufficientScope(gate, 'a', { description });

  test('the same scopes and text share one refusal, all others have their own [T50]', () => {
    const gate = scopeGate();
    const first = word(gate, 'x');
    expect(word(gate, 'x')).toBe(first);
    expect(word(gate, 'y')).not.toBe(first);
    const both = insufficientScope(gate, ['a', 'b'], { description: 'x' });
    const other = insufficientScope(gate, 'b', { description: 'x' });
    const named = [first, both, other].map((one) => {
      const { scope } = JSON.parse((one as { body: string }).body) as { scope: string };
      return scope;
    });
    expect(named).toEqual(['a', 'a b', 'b']);
    for (const id of [1, 2, 'x']) {
      const { body } = insufficientScope(gate, 'a', { description: 'x', id });
      expect(JSON.parse(body)).toMatchObject({ id, error: { data: { scope: 'a' } } });
    }
    expect(word(gate, 'x')).toBe(first);
  });

  test('scopes whose names together read like one have refusals of their own', () => {
    const gate = createGate({
      resource: 'https://notes.example.com',
      verifier: () => ({ scopes: [] }),
      scopes: ['a', 'b', 'ab'],
    });
    const named = (['ab', ['a', 'b'], 'ab'] as const).map((scopes) => {
      const refusal = insufficientScope(gate, scopes, { description: 'x' });
      return [refusal.challenge?.scopes, (JSON.parse(refusal.body) as { scope: string }).scope];
    });
    expect(named).toEqual([
      [['ab'], 'ab'],
      [['a', 'b'], 'a b'],
      [['ab'], 'ab'],
    ]);
  });

  test('256 are kept; the next one empties the cache [T50]', () => {
    const gate = scopeGate();
    const first = word(gate, '0');
    for (let made = 1; made < 256; made++) word(gate, String(made));
    expect(word(gate, '0')).toBe(first);
    const next = word(gate, '256');
    expect(word(gate, '256')).toBe(next);
    expect(word(gate, '0')).not.toBe(first);
    const toResponse: unknown = expect.any(Function);
    expect(word(gate, '0')).toEqual({ ...(first as object), toResponse });
  });

  test('a long text is not kept, since callers could fill the memory with such texts [T50]', () => {
    const gate = scopeGate();
    // The scope and a line's end count too.
    const longest = 'x'.repeat(1024 - 2);
    expect(word(gate, longest)).toBe(word(gate, longest));
    expect(word(gate, `${longest}x`)).not.toBe(word(gate, `${longest}x`));
  });
});

describe('the depth of a body', () => {
  /** A call whose arguments make a document of so many levels. */
  function nested(levels: number, open: string, close: string): string {
    const around = 3;
    const inner = open.repeat(levels - around) + close.repeat(levels - around);
    return JSON.stringify(callTool('read_notes', { x: 0 })).replace('"x":0', `"x":${inner}`);
  }

  const ask = (body: string): Promise<Decision> =>
    check(notesGate(), {
      token: 'notes.read',
      body,
      headers: { 'content-type': 'application/json' },
    });

  test('100 levels are read, 101 are not [T30]', async () => {
    expect(await ask(nested(100, '[', ']'))).toMatchObject({ allowed: true });
    expect(await ask(nested(101, '[', ']'))).toMatchObject({ status: 400, reason: 'invalid_body' });
    const objects = [nested(100, '{"y":', '}'), nested(101, '{"y":', '}')];
    const [read, refused] = objects.map((text) => text.replace(':}', ':0}'));
    expect(await ask(String(read))).toMatchObject({ allowed: true });
    expect(await ask(String(refused))).toMatchObject({ status: 400, reason: 'invalid_body' });
  });

  test('siblings and brackets in strings do not count as depth [T30]', async () => {
    const wide = JSON.stringify(
      callTool('read_notes', { x: Array.from({ length: 500 }, () => [{}]) }),
    );
    expect(await ask(wide)).toMatchObject({ allowed: true });
    const text = JSON.stringify(callTool('read_notes', { x: `\\"${'[{'.repeat(200)}"\\` }));
    expect(await ask(text)).toMatchObject({ allowed: true });
    const hidden = nested(101, '[', ']').replace('"x":', '"y":"]]]]\\"]]]]","x":');
    expect(await ask(hidden)).toMatchObject({ status: 400, reason: 'invalid_body' });
  });
});
