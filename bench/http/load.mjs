/** Sends one request again and again over a few kept connections, and reads every answer whole. */
import { connect } from 'node:net';

const CONNECTIONS = 8;

/** Sends `count` requests; rejects on an answer with another status than `expected`. */
export async function load(port, request, { count, expected }) {
  const each = Math.ceil(count / CONNECTIONS);
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () => converse(port, toBytes(request), each, expected)),
  );
}

function toBytes({ method, path, headers = {}, body = '' }) {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: notes.example.com',
    'Accept: application/json, text/event-stream',
    'User-Agent: bench',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function converse(port, bytes, count, expected) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let left = count;
    let text = '';
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('close', () => (left > 0 ? reject(new Error('the server hung up')) : resolve()));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = endOfAnswer(text);
      if (end === undefined) return;
      const status = Number(text.slice(9, 12));
      if (status !== expected) {
        reject(new Error(`answered ${status}, not ${expected}: ${text}`));
        return socket.destroy();
      }
      text = text.slice(end);
      left -= 1;
      if (left > 0) socket.write(bytes);
      else socket.end();
    });
    socket.write(bytes);
  });
}

/** Where the first answer ends: by its length, or by the last chunk. */
function endOfAnswer(text) {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  if (length !== undefined) {
    const end = head + 4 + Number(length);
    return text.length >= end ? end : undefined;
  }
  const last = text.indexOf('\r\n0\r\n\r\n', head);
  return last < 0 ? undefined : last + 7;
}
