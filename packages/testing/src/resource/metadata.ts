/**
 * Checks of the resource's metadata document, as clients request it (RFC 9728 s3).
 *
 * @module
 */
import { protectedResourceMetadataUrl, validateResourceMetadata } from '@scopegate/core';
import { parseObject } from '../parse-object.js';
import type { Seen } from './probe.js';
import type { CheckContext } from './context.js';

export async function checkMetadata(context: CheckContext): Promise<void> {
  const { probe, report, resource } = context;
  const url = protectedResourceMetadataUrl(resource);
  const seen = await probe.get(url, { headers: { accept: 'application/json' } });
  const found = report.record({
    ...{ check: 'metadata', ids: ['C401-1', 'PR-1', 'PR-2'] },
    holds: seen.status === 200 && isJson(seen),
    seen: `${seen.summary}, Content-Type: ${seen.headers.get('content-type') ?? 'none'}`,
    expected: `200 with application/json at ${url} (RFC 9728 s3.2)`,
    howToMend:
      'mount resourceMetadata(gate) at the root of the origin, in front of what guards, limits or routes, and let the proxy pass /.well-known on',
  });
  if (!found) return;
  checkDocument(context, seen, url);
  const withToken = await probe.get(url, { headers: { authorization: 'Bearer garbage' } });
  report.record({
    ...{ check: 'metadata: needs no token', ids: ['PR-10'] },
    holds: withToken.status === 200,
    seen: withToken.summary,
    expected: 'the same document, whatever the Authorization header: it is public',
    howToMend: 'mount resourceMetadata(gate) in front of the guard',
  });
  const head = await probe.get(url, { method: 'HEAD' });
  report.record({
    ...{ check: 'metadata: HEAD', ids: ['PR-10'] },
    severity: 'should',
    holds: head.status === 200,
    seen: head.summary,
    expected: 'HEAD as GET, without a body (RFC 9110 s9.3.2)',
    howToMend: 'serve it with resourceMetadata(gate)',
  });
  const preflight = await probe.get(url, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://client.test',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    },
  });
  const allowed = preflight.headers.get('access-control-allow-headers') ?? '';
  report.record({
    ...{ check: 'metadata: browsers may read it', ids: ['PR-10', 'T47'] },
    severity: 'should',
    holds:
      seen.headers.get('access-control-allow-origin') === '*' &&
      (preflight.status === 204 || preflight.status === 200) &&
      /\*|mcp-protocol-version/i.test(allowed),
    seen: `Access-Control-Allow-Origin: ${seen.headers.get('access-control-allow-origin') ?? 'none'}; preflight ${preflight.summary}`,
    expected: 'Access-Control-Allow-Origin: *, and a preflight that admits MCP-Protocol-Version',
    howToMend: 'mount resourceMetadata(gate) in front of CORS middleware',
  });
  report.record({
    ...{ check: 'metadata: says how long it holds', ids: ['PR-9', 'T47'] },
    severity: 'should',
    holds: /\bmax-age=\d+/.test(seen.headers.get('cache-control') ?? ''),
    seen: `Cache-Control: ${seen.headers.get('cache-control') ?? 'none'}`,
    expected: 'Cache-Control with max-age (RFC 9728 s7.10)',
    howToMend: 'keep the headers that resourceMetadata(gate) sets',
  });
}

function checkDocument({ report, resource, issuer }: CheckContext, seen: Seen, url: string): void {
  const document = parseObject(seen.text);
  const verdict = validateResourceMetadata(document, {
    requestUrl: resource,
    metadataUrl: url,
    via: 'well-known',
  });
  report.record({
    ...{ check: 'metadata: speaks for this resource', ids: ['PR-3', 'PR-7'] },
    holds: verdict.ok,
    seen: () =>
      verdict.ok
        ? ''
        : `${verdict.problem.code}: resource is ${verdict.problem.found ?? 'missing'}`,
    expected: `resource "${resource}", to the last slash (RFC 9728 s3.3): clients give up otherwise`,
    howToMend: "set the gate's resource to the URL that clients use",
  });
  const members = Object.entries(document ?? {});
  const empty = members.filter(
    ([, value]) => value === null || value === '' || (Array.isArray(value) && value.length === 0),
  );
  report.record({
    ...{ check: 'metadata: no empty members', ids: ['PR-2'] },
    holds: empty.length === 0,
    seen: () => empty.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', '),
    expected:
      'members without values are left out (RFC 9728 s3.2): null makes some clients drop it all',
    howToMend: 'serve the document that the gate makes',
  });
  const servers: unknown = document?.['authorization_servers'];
  report.record({
    ...{ check: 'metadata: names the authorization server', ids: ['PR-4'] },
    holds:
      Array.isArray(servers) &&
      (issuer === undefined ? servers.length > 0 : servers.includes(issuer)),
    seen: () => `authorization_servers: ${JSON.stringify(servers) ?? 'none'}`,
    expected: `authorization_servers with ${issuer ?? 'at least one issuer'}, spelt as the issuer spells itself`,
    howToMend: 'set authorizationServers of the gate to the iss of its tokens',
  });
  const scopes: unknown = document?.['scopes_supported'];
  report.record({
    ...{ check: 'metadata: asks for no refresh token', ids: ['C401-3'] },
    severity: 'should',
    holds: !(Array.isArray(scopes) && scopes.includes('offline_access')),
    seen: () => `scopes_supported: ${JSON.stringify(scopes)}`,
    expected: 'no offline_access: it is no scope of a resource',
    howToMend: 'leave offline_access out of scopes_supported',
  });
}

function isJson({ headers, text }: Seen): boolean {
  return (
    /^application\/json\b/i.test(headers.get('content-type') ?? '') &&
    parseObject(text) !== undefined
  );
}
