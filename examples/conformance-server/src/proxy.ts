/**
 * A loopback proxy: it adds a token, because the suite sends none. It changes nothing else, and streams
 * in both directions.
 *
 * @module
 */
import { request } from 'node:http';
import type { RequestListener } from 'node:http';

export function addToken(target: string, token: string): RequestListener {
  const { hostname, port } = new URL(target);
  return (req, res) => {
    const { method, url: path, rawHeaders } = req;
    const headers = [...rawHeaders, 'Authorization', `Bearer ${token}`];
    const upstream = request({ hostname, port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      res.flushHeaders();
      answer.pipe(res);
    });
    upstream.on('error', () => res.destroy());
    res.on('close', () => upstream.destroy());
    req.pipe(upstream);
  };
}
