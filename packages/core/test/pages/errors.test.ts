/** The pages in docs/errors are complete, and the messages that they explain are the ones that programs show. */
import { readFileSync, readdirSync, realpathSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readPages, root } from './support.js';

/** Where the message of a page stands: a package, and a part of the message without what varies. */
const SOURCES: readonly (readonly [page: string, place: string, message: string])[] = [
  ['needs-an-access-token', 'core', 'This resource needs an access token'],
  ['token-invalid-or-expired', 'core', 'The access token is invalid or expired'],
  ['cannot-be-checked', 'core', 'The request cannot be checked at the moment'],
  ['more-than-one-credential', 'core', 'The request carries more than one credential'],
  ['header-too-long', 'core', ' header is too long'],
  ['origin-may-not-call', 'core', 'This origin may not call this resource'],
  ['mcp-name-and-body-disagree', 'core', 'Mcp-Name and body disagree'],
  ['not-a-json-rpc-message', 'core', 'Send one JSON-RPC message, not a batch'],
  ['mcp-uses-post-get-and-delete', 'core', 'MCP uses POST, GET and DELETE'],
  ['session-not-found', 'core', 'Session not found'],
  ['use-dpop-nonce', 'core', 'invalid_dpop_proof'],
  ['not-the-verifiers-issuer', 'core', " is not the verifier's issuer "],
  ['not-in-the-scope-catalogue', 'core', ' is not in the scope catalogue'],
  ['route-needs-a-rule', 'core', 'the gate has no policy, so the route needs a rule of its own'],
  ['metadata-belongs-at-the-root', 'core', 'resourceMetadata belongs at the root of the app'],
  ['plain-http-refused', 'core', ' must use https (inside a cluster, in development: '],
  ['scope-not-allowed', 'client', 'scope_not_allowed'],
  ['protected-resource-does-not-match', 'sdk', ' does not match expected '],
  [
    'does-not-implement-resource-metadata',
    'sdk',
    'Resource server does not implement OAuth 2.0 Protected Resource Metadata',
  ],
  ['no-dynamic-registration', 'sdk', 'auth server: does not support dynamic client registration'],
  ['code-challenge-method', 'sdk', 'auth server: does not support code challenge method '],
  ['403-after-upscoping', 'sdk', 'Server returned 403 after trying upscoping'],
  ['401-after-authentication', 'sdk', 'Server returned 401 after successful authentication'],
  ['failed-to-authorize', 'sdk', 'Failed to authorize'],
  [
    'existing-client-information',
    'sdk',
    'Existing OAuth client information is required when exchanging an authorization code',
  ],
  ['issuer-mismatch', 'sdk-client', 'Issuer mismatch in '],
  [
    '403-after-step-up',
    'sdk-client',
    'Server returned 403 insufficient_scope after step-up re-authorization',
  ],
  ['only-https', 'oauth4webapi', 'only requests to HTTPS are allowed'],
  [
    'no-resource-metadata-found',
    'mcp-remote',
    'No Protected Resource Metadata found, using server URL as authorization server',
  ],
];

const FOLDERS: Readonly<Record<string, () => string>> = {
  core: () => `${root}packages/core/src`,
  client: () => `${root}packages/client/src`,
  sdk: () => `${linked('core', '@modelcontextprotocol/sdk')}/dist/esm/client`,
  'sdk-client': () => `${linked('core', '@modelcontextprotocol/client')}/dist`,
  oauth4webapi: () => `${linked('core', 'oauth4webapi')}/build`,
  'mcp-remote': () => `${realpathSync(`${root}examples/clients/node_modules/mcp-remote`)}/dist`,
};

function linked(home: string, name: string): string {
  return realpathSync(`${root}packages/${home}/node_modules/${name}`);
}

const texts = new Map<string, string>();

/** All code in a folder, read once. */
function textOf(place: string): string {
  const known = texts.get(place);
  if (known !== undefined) return known;
  const folder = FOLDERS[place]?.() ?? '';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const code = files.filter((name) => /\.(?:[cm]?js|ts)$/.test(name) && !name.endsWith('.d.ts'));
  const text = code.map((name) => readFileSync(`${folder}/${name}`, 'utf8')).join('\n');
  texts.set(place, text);
  return text;
}

test.each(SOURCES)('%s: %s says so', (_page, place, message) => {
  expect(textOf(place).includes(message)).toBe(true);
});

test('each page has a cause, one command and a fix, and stands in the list', async () => {
  const pages = (await readPages()).filter(({ path }) => path.startsWith('docs/errors/'));
  const list = pages.find(({ path }) => path.endsWith('/README.md'))?.text ?? '';
  const others = pages.filter(({ path }) => !path.endsWith('/README.md'));
  expect(others.length).toBeGreaterThanOrEqual(30);
  for (const { path, text } of others) {
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    expect([path, headings]).toEqual([path, ['Cause', 'Look', 'Fix']]);
    expect([path, text.match(/^```sh$/gm)?.length]).toEqual([path, 1]);
    const title = /^# (.*)$/m.exec(text)?.[1] ?? '';
    expect(list).toContain(`[${title}](${path.slice('docs/errors/'.length)})`);
  }
  const named = SOURCES.map(([page]) => page);
  const names = others.map(({ path }) => path.slice('docs/errors/'.length, -'.md'.length));
  expect(named.filter((page) => !names.includes(page))).toEqual([]);
});
