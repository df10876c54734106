/** Sends one request again and again over kept connections, and reads every answer whole. */
import { connect } from 'node:net';

const CONNECTIONS = 50;

/** Opens the connections; the first answer with another status than `expected` is an error. */
export async function openLoad(port, request, expected) {
  // A request that may be sent once only is made anew each time.
  const fixed = typeof request === 'function' ? undefined : toBytes(request);
  const bytes = () => fixed ?? toBytes(request());
  const lines = Array.from({ length: CONNECTIONS }, () => new Line(port, bytes, expected));
  await Promise.all(lines.map((line) => line.opened));
  return {
    /** Sends `count` requests, as many over each connection. */
    send: (count) => {
      const each = Math.ceil(count / CONNECTIONS);
      return Promise.all(lines.map((line) => line.send((sent) => sent < each)));
    },
    /** Sends requests for so many milliseconds. */
    sendFor: (ms) => {
      const end = performance.now() + ms;
      return Promise.all(lines.map((line) => line.send(() => performance.now() < end)));
    },
    close: () => Promise.all(lines.map((line) => line.close())),
  };
}

/** How many requests `send(count)` really sends. */
export function roundUp(count) {
  return Math.ceil(count / CONNECTIONS) * CONNECTIONS;
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

/** One connection, which sends its next request when the last one is answered. */
class Line {
  #socket;
  #bytes;
  #expected;
  #text = '';
  #resolve;
  #reject;
  #goesOn;
  #sent = 0;

  constructor(port, bytes, expected) {
    this.#bytes = bytes;
    this.#expected = expected;
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#reject = reject;
    });
    this.#socket.on('error', (error) => this.#reject(error));
    this.#socket.on('close', () => this.#reject(new Error('the server closed the connection')));
    this.#socket.on('data', (chunk) => this.#receive(chunk));
  }

  send(goesOn) {
    this.#sent = 0;
    this.#goesOn = goesOn;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#next();
    });
  }

  close() {
    this.#reject = () => {};
    this.#socket.end();
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once('close', resolve);
    });
  }

  #next() {
    if (!this.#goesOn(this.#sent)) return this.#resolve();
    this.#sent += 1;
    return this.#socket.write(this.#bytes());
  }

  #receive(chunk) {
    this.#text += chunk.toString('latin1');
    const end = endOfAnswer(this.#text);
    if (end === undefined) return;
    const status = Number(this.#text.slice(9, 12));
    if (status !== this.#expected) {
      this.#reject(new Error(`answered ${status}, not ${this.#expected}: ${this.#text}`));
      this.#socket.destroy();
      return;
    }
    this.#text = this.#text.slice(end);
    this.#next();
  }
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
