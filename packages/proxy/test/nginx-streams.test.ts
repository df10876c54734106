/** nginx with TLS collects the events of a stream, unless the answer forbids it as `createProxy` does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { close, listen } from '../../core/test/support/issuer.js';
import { isInstalled, startProgram } from './reverse-proxies.js';
import { TOKENS, deferred, startFront } from './support.js';

const canRun = isInstalled('nginx') && spawnSync('openssl', ['version']).status === 0;
if (!canRun) console.warn('nginx or openssl is not installed: its tests of streams are skipped');

describe.skipIf(!canRun)('behind nginx with TLS', () => {
  test.each([
    ['createProxy', true],
    ['a server that sends no X-Accel-Buffering', false],
  ])('%s: an event arrives before the stream ends: %s', async (_what, throughProxy) => {
    // The stream ends when the client has its first event, or else after a time.
    const arrived = deferred();
    const seen: string[] = [];
    const upstream = createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n');
      const late = setTimeout(throughProxy ? 20_000 : 1_500, undefined, { ref: false });
      void Promise.race([arrived.promise, late]).then(() => {
        seen.push('the end is written');
        res.end('data: last\n\n');
      });
    });
    const origin = await listen(upstream);
    onTestFinished(() => close(upstream));
    const inner = throughProxy ? (await startFront(`${origin}/mcp`)).url : `${origin}/mcp`;
    const folder = mkdtempSync(join(tmpdir(), 'scopegate-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-days', '2', '-keyout', key, '-out', certificate],
    ]);
    expect(made.status, made.stderr.toString()).toBe(0);
    const nginx = await startProgram(
      'nginx',
      `server {
        listen 127.0.0.1:8080 ssl;
        ssl_certificate ${certificate};
        ssl_certificate_key ${key};
        location / { proxy_pass ${inner.replace('/mcp', '')}; }
      }`,
    );
    onTestFinished(() => nginx.close());
    const text = await readStream(nginx.url.replace('http:', 'https:'), () => {
      seen.push('an event arrives');
      arrived.resolve();
    });
    expect(text).toBe('data: first\n\ndata: last\n\n');
    expect(seen.indexOf('an event arrives') === 0).toBe(throughProxy);
  });
});

function readStream(origin: string, onData: () => void): Promise<string> {
  const headers = { authorization: `Bearer ${TOKENS.reader}`, accept: 'text/event-stream' };
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}/mcp`, { headers, rejectUnauthorized: false, agent: false });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      let text = '';
      answer.on('data', (data: Buffer) => {
        text += data.toString();
        onData();
      });
      answer.once('error', reject);
      answer.once('end', () => resolve(text));
    });
    sent.end();
  });
}
