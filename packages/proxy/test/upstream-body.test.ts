import { expect, test } from 'vitest';
import { UpstreamBody } from '../src/upstream-body.js';

function bodyOf() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const options = {
    ...{ idleTimeout: 1000, onEnd: () => undefined, stop: () => undefined },
    onFault: () => undefined,
  };
  return {
    body: new UpstreamBody(readable, options),
    write: (text: string) => void writer.write(encoder.encode(text)),
    end: () => void writer.close(),
  };
}

test('a beginning that does not come in time is not read, and no byte of it is lost', async () => {
  const { body, write, end } = bodyOf();
  write('first ');
  expect(await body.readAhead({ maxBytes: 100, timeout: 20 })).toBeUndefined();
  write('second ');
  write('third');
  end();
  expect(await new Response(body.stream()).text()).toBe('first second third');
});

test('a beginning that is too long is not read, and no byte of it is lost', async () => {
  const { body, write, end } = bodyOf();
  write('0123456789');
  expect(await body.readAhead({ maxBytes: 9, timeout: 60_000 })).toBeUndefined();
  end();
  expect(await new Response(body.stream()).text()).toBe('0123456789');
});

test('the end of the beginning is found in chunks of one byte', async () => {
  const { body, write } = bodyOf();
  for (const byte of 'data: 1\r\n\r\n') write(byte);
  expect(await body.readAhead({ maxBytes: 100, timeout: 1000, until: /\r\n\r\n/ })).toBe(
    'data: 1\r\n\r\n',
  );
});
