/**
 * A gate over `node:http` in a process of its own. Every answer says in `x-cpu` how many milliseconds
 * of CPU passed between the request's arrival and its decision.
 */
import { createServer } from 'node:http';
import { metadataOf } from '@scopegate/core/adapter';
import { fromNodeRequest, writeReply } from '@scopegate/core/node';
import { makeKey, mcpGate, pathGate, verifierOf } from './gates.mjs';

const verifier = verifierOf([await makeKey('ES256', 'bench')]);
const gates = [mcpGate(verifier), pathGate(verifier)];
const [mcp, paths] = gates;
const metadata = metadataOf(gates);

async function decide(req) {
  const { gateRequest } = fromNodeRequest(req);
  const document = await metadata(gateRequest);
  if (document !== undefined) return document;
  return (req.url === '/mcp' ? mcp : paths).decide(gateRequest);
}

async function answer(req, res) {
  const start = process.cpuUsage();
  const reply = await decide(req);
  const { user, system } = process.cpuUsage(start);
  res.setHeader('x-cpu', (user + system) / 1000);
  if (reply.allowed) res.end();
  else writeReply(res, reply);
}

// Wider than Node's own 16 KiB, so that a value of that length gets in beside the other lines.
const server = createServer({ maxHeaderSize: 65_536 }, (req, res) => {
  answer(req, res).catch((error) => res.destroy(error));
});
// Direct calls take their time in between.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
