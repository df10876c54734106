import dns from 'node:dns/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiscoveryError, discoverResource } from '../src/index.js';
import type { DiscoverResourceOptions } from '../src/index.js';
import { json, rejection, startServer } from './support.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** A `fetch` that answers from a table and records what it was asked for. */
function tableFetch(documents: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request): Promise<Response> => {
    asked.push(input as string);
    const document = documents[input as string];
    return document === undefined ? new Response('', { status: 404 }) : Response.json(document);
  };
  // Not enumerable, so that it is no option where the table is spread into options.
  return Object.defineProperty({ fetch }, 'asked', { value: asked }) as {
    fetch: typeof fetch;
    readonly asked: string[];
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(DiscoveryError);
  return (error as DiscoveryError).code;
}

describe('the URLs of the metadata', () => {
  const resource = 'https://h.example/a/mcp';
  const path = `https://h.example${WELL_KNOWN}/a/mcp`;
  const root = `https://h.example${WELL_KNOWN}`;

  test('at the well-known path for its path first, then for its origin [PR-9]', async () => {
    const both = tableFetch({ [path]: { resource }, [root]: { resource: 'https://h.example' } });
    expect(await discoverResource(resource, both)).toMatchObject({ resource, metadataUrl: path });
    expect(both.asked).toEqual([path]);
    const atRoot = tableFetch({ [root]: { resource: 'https://h.example' } });
    expect(await discoverResource(new URL(resource), atRoot)).toMatchObject({
      resource: 'https://h.example',
      metadataUrl: root,
    });
    expect(atRoot.asked).toEqual([path, root]);
    const nowhere = tableFetch({});
    expect(await codeOf(discoverResource(resource, nowhere))).toBe('not_found');
    expect(nowhere.asked).toEqual([path, root]);
    const origin = tableFetch({});
    expect(await codeOf(discoverResource('https://h.example', origin))).toBe('not_found');
    expect(origin.asked).toEqual([root]);
  });

  test('at the URL of the challenge only, if it names one', async () => {
    const named = 'https://h.example/meta';
    const challenge = { resourceMetadata: named };
    const good = tableFetch({ [named]: { resource } });
    expect(await discoverResource(resource, { ...good, challenge })).toMatchObject({ resource });
    expect(good.asked).toEqual([named]);
    const bad = tableFetch({ [path]: { resource } });
    expect(await codeOf(discoverResource(resource, { ...bad, challenge }))).toBe('not_found');
    expect(bad.asked).toEqual([named]);
  });

  test('must be about this resource, or a path above it unless strictResource is set [PR-7, T111]', async () => {
    for (const [found, expected, allowed] of [
      ['https://h.example/a', 'resource_mismatch', 'ok'],
      ['https://h.example', 'resource_mismatch', 'ok'],
      ['https://h.example/a/mcp/', 'resource_mismatch', 'ok'],
      ['https://h.example/a/mcp/x', 'resource_mismatch', 'resource_mismatch'],
      ['https://h.example/b', 'resource_mismatch', 'resource_mismatch'],
      ['https://other.example/a/mcp', 'resource_mismatch', 'resource_mismatch'],
    ] as const) {
      const table = tableFetch({ [path]: { resource: found } });
      const strict = { ...table, strictResource: true };
      expect([found, await codeOf(discoverResource(resource, strict))]).toEqual([found, expected]);
      const outcome = await discoverResource(resource, table).then(
        () => 'ok',
        (error: DiscoveryError) => error.code,
      );
      expect([found, outcome]).toEqual([found, allowed]);
    }
  });
});

describe('addresses', () => {
  const resource = 'https://h.example/mcp';
  const nowhere = tableFetch({});
  const ask = (url: string, options: DiscoverResourceOptions = {}) =>
    codeOf(
      discoverResource(resource, { ...nowhere, ...options, challenge: { resourceMetadata: url } }),
    );

  test.each([
    ...[
      'http://h.example/m',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:application/json,{}',
    ],
    ...['https://u:p@h.example/m', 'https://u@h.example/', 'https://h.example/m#x'],
    ...['ftp://h.example/', 'blob:https://h.example/1', 'm:', 'localhost:8080/m'],
  ])('%s is none [T110]', async (url) => {
    expect(await ask(url)).toBe('invalid_url');
  });

  test.each([
    '/m',
    'm',
    '',
    '//other.example/m',
    '?m',
    '#m',
    'https://',
    'https://h.example:99999/',
  ])(
    '%j is no URL: the metadata is looked for as if nobody had named it [CH-12]',
    async (named) => {
      const wellKnown = `https://h.example${WELL_KNOWN}/mcp`;
      const table = tableFetch({ [wellKnown]: { resource } });
      const options = { ...table, challenge: { resourceMetadata: named } };
      expect(await discoverResource(resource, options)).toMatchObject({ metadataUrl: wellKnown });
      expect(table.asked).toEqual([wellKnown]);
    },
  );

  test.each([
    'https://other.example/m',
    'https://h.example:444/m',
    'https://h.example.evil.example/m',
  ])('%s is another origin, which the application may allow [T110]', async (url) => {
    expect(await ask(url)).toBe('foreign_origin');
    expect(await ask(url, { allowOrigin: () => 'yes' as unknown as boolean })).toBe(
      'foreign_origin',
    );
    expect(await ask(url, { allowOrigin: async () => true })).toBe('not_found');
  });

  const PRIVATE = [
    ...['localhost', 'x.localhost', 'localhost.', 'printer.local', 'metadata.google.internal'],
    // Names that only a local network knows: without a dot, or under what the DNS does not have.
    ...[
      'intranet',
      'INTRANET',
      'intranet.',
      'metadata',
      'idp',
      'xn--bcher-kva',
      'b\u00fccher',
      'idp_1',
    ],
    ...['nas.lan', 'nas.lan.', 'NAS.LAN', 'a.b.lan', 'router.home', 'router.home.arpa', 'idp.corp'],
    ...['api.default.svc', 'api.default.svc.cluster.local', 'x.localdomain', 'x.intranet'],
    ...['x.private', 'x.internal', 'mcp.test', 'nas\u3002lan', 'lan', 'home.arpa', 'svc.'],
    // For documents (RFC 5737, 3849, 9637), benchmarks (RFC 2544, 5180), old hashes and relays.
    ...['192.0.2.1', '198.51.100.7', '203.0.113.255', '192.88.99.1', '198.18.255.1', '0xc0000201'],
    ...['[2001:db8::1]', '[2001:db8:ffff:1::]', '[2001:2::1]', '[2001:2:0:1::]', '[2001:10::1]'],
    ...['[2001:1f::1]', '[3fff::1]', '[3fff:fff::1]', '[3fff:1::]', '[::ffff:192.0.2.1]'],
    ...['[64:ff9b::203.0.113.1]', '[2002:c633:6401::1]'],
    ...['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', '0.0.0.0', '10.1.2.3'],
    ...[
      '100.64.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.1',
      '192.168.1.1',
    ],
    ...['198.18.0.1', '198.19.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['[::]', '[::1]', '[fc00::1]', '[fd12:3456::1]', '[fe80::1]', '[ff02::1]', '[2001::1]'],
    ...['[::ffff:10.0.0.1]', '[::ffff:169.254.169.254]', '[::127.0.0.1]', '[64:ff9b::a00:1]'],
    ...['[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2002::1]', '[64:ff9b:1::1]'],
    ...['[2001:0:808:808::1]', '[::ffff:808:808:1]', '[64:ff9b::1:808:808]', '[2::1]', '[4000::1]'],
  ];
  const PUBLIC = [
    ...[
      'example.com',
      'localhost.example',
      'internal.example',
      '1.1.1.1',
      '100.63.0.1',
      '100.128.0.1',
    ],
    // A local name in front of, or inside, a public one.
    ...['lan.example', 'home.example.com', 'corp.co', 'svc.example.com.', 'x.mylan'],
    ...['x.vlan', 'x.homes', 'x.corporate', 'local.net', 'home.arpa.example', 'x.arpa', 'test.de'],
    ...['192.0.3.1', '198.51.101.1', '203.0.112.1', '203.0.114.1', '192.88.98.1', '192.88.100.1'],
    ...['[2001:db9::1]', '[2001:db80::1]', '[2001:3::1]', '[2001:2:1::1]', '[2001:20::1]'],
    ...['[2001:100::1]', '[3fff:1000::1]', '[3ffe::1]', '[3fff:f000::]', '[2001:d::1]'],
    ...[
      '169.253.0.1',
      '172.15.0.1',
      '172.32.0.1',
      '192.0.1.1',
      '192.167.0.1',
      '198.17.0.1',
      '198.20.0.1',
    ],
    ...['223.255.255.255', '[2606:4700::1111]', '[::ffff:1.1.1.1]', '[64:ff9b::808:808]'],
    ...[
      '[2002:808:808::1]',
      '[2002:808::1]',
      '[2001:1::1]',
      '[2a00:1450:4001:81b::200e]',
      '[2001:4860:4860::8888]',
    ],
  ];

  test.each(PRIVATE)(
    '%s is private, whatever origins are allowed [PR-12, T110, T196]',
    async (host) => {
      expect(await ask(`https://${host}/m`, { allowOrigin: () => true })).toBe('private_address');
    },
  );

  test.each(PUBLIC)('%s is public [T196]', async (host) => {
    expect(await ask(`https://${host}/m`, { allowOrigin: () => true })).toBe('not_found');
  });

  test.each(PRIVATE)('%s may be allowed by its name, and no other with it [T196]', async (host) => {
    const url = `https://${host}/m`;
    const { hostname } = new URL(url);
    const options = { allowOrigin: () => true, allowPrivateHosts: [hostname] };
    expect(await ask(url, options)).toBe('not_found');
    expect(await ask(url, { ...options, allowPrivateHosts: [`x${hostname}`, 'x'] })).toBe(
      'private_address',
    );
    // Its name is not its origin: that is allowed besides.
    expect(await ask(url, { allowPrivateHosts: [hostname] })).toBe('foreign_origin');
  });

  test('an allowed name may resolve to a private address [T196]', async () => {
    const lookup = async () => ['10.0.0.6'];
    const options = { allowOrigin: () => true, allowPrivateHosts: ['idp.corp'], lookup };
    expect(await ask('https://idp.corp/m', options)).toBe('not_found');
    expect(await ask('https://idp.example/m', options)).toBe('private_address');
  });

  test('every name without a dot, and every name under a local one, is private [T196]', async () => {
    const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,10}[a-z0-9])?$/);
    const local = fc.constantFrom(
      ...['localhost', 'local', 'localdomain', 'internal', 'intranet', 'private', 'lan', 'home'],
      ...['home.arpa', 'corp', 'svc', 'test'],
    );
    const under = fc
      .tuple(fc.array(label, { maxLength: 3 }), local)
      .map(([labels, last]) => [...labels, last].join('.'));
    const host = fc
      .tuple(fc.oneof(label, under), fc.constantFrom('', '.'))
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(host, async (name) => {
        const url = `https://${name}/m`;
        fc.pre(URL.canParse(url));
        expect(await ask(url, { allowOrigin: () => true })).toBe('private_address');
        expect(
          await ask(`https://${name.replace(/\.$/, '')}.example.com/m`, {
            allowOrigin: () => true,
          }),
        ).toBe('not_found');
      }),
      { numRuns: 500 },
    );
  });

  test('all addresses of a name are checked if the application resolves it [T110]', async () => {
    const url = 'https://name.example/m';
    for (const [addresses, code] of [
      [['1.1.1.1'], 'not_found'],
      [['1.1.1.1', '10.0.0.1'], 'private_address'],
      [['2606:4700::1111', 'fe80::1'], 'private_address'],
      [['::ffff:127.0.0.1'], 'private_address'],
      [['not an address'], 'private_address'],
    ] as const) {
      const lookup = async (): Promise<readonly string[]> => addresses;
      expect(await ask(url, { allowOrigin: () => true, lookup })).toBe(code);
    }
    const lookup = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await ask(url, { allowOrigin: () => true, lookup })).toBe('unreachable');
  });

  test('an address in a URL is looked up without brackets, and checked as an address [T110]', async () => {
    const names: string[] = [];
    const lookup = async (name: string) => {
      names.push(name);
      return (await dns.lookup(name, { all: true })).map(({ address }) => address);
    };
    for (const [host, code] of [
      ['[2606:4700::1111]', 'not_found'],
      ['1.1.1.1', 'not_found'],
      ['[fd00::1]', 'private_address'],
      ['[::ffff:10.0.0.1]', 'private_address'],
      ['10.0.0.1', 'private_address'],
    ] as const) {
      const options = { allowOrigin: () => true, lookup };
      expect([host, await ask(`https://${host}/m`, options)]).toEqual([host, code]);
    }
    expect(names).toEqual(['2606:4700::1111', '1.1.1.1']);
    // What the lookup says of an address counts, too.
    const options = { allowOrigin: () => true, lookup: async () => ['fd00::1'] };
    expect(await ask('https://[2606:4700::1111]/m', options)).toBe('private_address');
  });

  test('the same rules apply to issuers [T110, T112]', async () => {
    const metadataUrl = `https://h.example${WELL_KNOWN}/mcp`;
    for (const [issuers, code] of [
      [['https://idp.example', 'https://10.0.0.1'], 'private_address'],
      [['https://intranet'], 'private_address'],
      [['https://idp.example', 'https://idp.corp/a'], 'private_address'],
      [['http://idp.example'], 'invalid_url'],
      [['urn:x'], 'invalid_url'],
      [[7], 'invalid_authorization_servers'],
      ['https://idp.example', 'invalid_authorization_servers'],
      [{}, 'invalid_authorization_servers'],
    ] as const) {
      const table = tableFetch({ [metadataUrl]: { resource, authorization_servers: issuers } });
      expect(await codeOf(discoverResource(resource, table))).toBe(code);
    }
    const good = {
      resource,
      authorization_servers: ['https://idp.example/a', 'https://h.example'],
    };
    const table = tableFetch({ [metadataUrl]: good });
    expect((await discoverResource(resource, table)).metadata).toMatchObject(good);
  });

  test('an issuer may be allowed by its name [T196]', async () => {
    const issuers = ['https://idp.corp/a', 'https://10.0.0.6'];
    const metadataUrl = `https://h.example${WELL_KNOWN}/mcp`;
    const table = tableFetch({ [metadataUrl]: { resource, authorization_servers: issuers } });
    const options = { ...table, allowPrivateHosts: ['idp.corp', '10.0.0.6'] };
    expect(await discoverResource(resource, options)).toMatchObject({
      metadata: { authorization_servers: issuers },
    });
  });

  test.each([
    [{ timeout: '5000' }, 'timeout: expected a number of milliseconds from 1 to 2147483647'],
    [{ timeout: 0 }, 'timeout: expected a number of milliseconds'],
    [{ timeout: Infinity }, 'timeout: expected a number of milliseconds'],
    [{ maxBytes: Number.NaN }, 'maxBytes: expected a number of bytes from 1 to 536870912'],
    [{ maxBytes: '262144' }, 'maxBytes: expected a number of bytes'],
    [{ maxBytes: 2 ** 40 }, 'maxBytes: expected a number of bytes'],
    [{ allowPrivateHosts: 'intranet' }, 'allowPrivateHosts: expected a list'],
    [{ allowOrigin: ['https://h.example'] }, 'allowOrigin: expected a function'],
    [{ allowOrigins: () => true }, 'allowOrigins: unknown option'],
  ])('%j is not an option: nothing is fetched [T187]', async (options, message) => {
    const table = tableFetch({});
    const promise = discoverResource(resource, { ...table, ...(options as object) });
    await expect(promise).rejects.toThrow(TypeError);
    await expect(promise).rejects.toThrow(message);
    expect(table.asked).toEqual([]);
  });

  test('members of Object.prototype allow nothing [T113]', async () => {
    const allowed = { allowOrigin: () => true, allowPrivateHosts: ['10.0.0.1'] };
    Object.assign(Object.prototype, allowed);
    try {
      expect(await ask('https://10.0.0.1/m')).toBe('foreign_origin');
    } finally {
      for (const name of Object.keys(allowed)) Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test('a private resource may name other private hosts [T110]', async () => {
    const inside = 'https://10.0.0.5/mcp';
    const table = tableFetch({
      [`https://10.0.0.5${WELL_KNOWN}/mcp`]: {
        resource: inside,
        authorization_servers: ['https://10.0.0.6'],
      },
    });
    expect(await discoverResource(inside, table)).toMatchObject({ resource: inside });
  });

  test('a resource without a usable URL is not fetched', async () => {
    for (const url of ['http://h.example/', 'x', 'https://h.example/#a']) {
      expect(await codeOf(discoverResource(url, nowhere))).toBe('invalid_url');
    }
  });
});

describe('the document', () => {
  const resource = 'https://h.example/mcp';
  const answer = (make: () => Response) =>
    discoverResource(resource, { fetch: async () => make(), maxBytes: 1000, timeout: 50 });
  const text = JSON.stringify({ resource });

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/x+json'])(
    'may come as %s',
    async (type) => {
      const make = () => new Response(text, { headers: { 'content-type': type } });
      expect(await answer(make)).toMatchObject({ resource });
    },
  );

  test.each(['text/plain', 'text/html', '', 'application/jsonx', 'x/application/json'])(
    'must not come as %j [T116]',
    async (type) => {
      const make = () => new Response(text, { headers: { 'content-type': type } });
      expect(await codeOf(answer(make))).toBe('not_json');
    },
  );

  test.each([
    [500, 'bad_status'],
    [201, 'bad_status'],
    [204, 'bad_status'],
    [301, 'redirected'],
    [302, 'redirected'],
    [303, 'redirected'],
    [307, 'redirected'],
    [308, 'redirected'],
    [408, 'bad_status'],
    [429, 'bad_status'],
    [401, 'not_found'],
    [410, 'not_found'],
  ])('status %i: %s [T116]', async (status, code) => {
    expect(await codeOf(answer(() => new Response(null, { status })))).toBe(code);
  });

  test('a redirect that a browser hides, or that was followed [T116]', async () => {
    for (const members of [{ type: 'opaqueredirect', status: 0 }, { redirected: true }]) {
      const shown: object = {
        status: 200,
        type: 'basic',
        redirected: false,
        body: null,
        ...members,
      };
      const hidden = new Proxy(Response.json({ resource }), {
        get: (response, name) => Reflect.get(name in shown ? shown : response, name) as unknown,
      });
      expect(await codeOf(answer(() => hidden))).toBe('redirected');
    }
  });

  test('is cut off at its limit, after decompression [T116]', async () => {
    const pad = (length: number) => Response.json({ resource, pad: ' '.repeat(length) });
    const rest = JSON.stringify({ resource, pad: '' }).length;
    expect(await answer(() => pad(1000 - rest))).toMatchObject({ resource });
    expect(await codeOf(answer(() => pad(1001 - rest)))).toBe('too_large');
  });

  test.each(['', '{', 'null', '[]', '"x"', '7', '{}', '{"resource":7}', '{"resource":"x"}'])(
    '%s is none [T121]',
    async (body) => {
      const make = () => new Response(body, { headers: { 'content-type': 'application/json' } });
      expect(['not_json', 'resource_mismatch']).toContain(await codeOf(answer(make)));
    },
  );

  test('is UTF-8, as JSON is [T116]', async () => {
    const bytes = new TextEncoder().encode(text.replace('}', ',"x":"?"}'));
    const make = () => new Response(bytes, { headers: { 'content-type': 'application/json' } });
    expect(await answer(make)).toMatchObject({ resource });
    bytes[bytes.indexOf(0x3f)] = 0xff;
    expect(await codeOf(answer(make))).toBe('not_json');
  });

  test('a fetch that hangs, rejects or throws ends in a DiscoveryError [T116]', async () => {
    const ask = (fetch: () => Promise<Response>) =>
      codeOf(discoverResource(resource, { fetch, timeout: 20 }));
    expect(await ask(() => new Promise(() => {}))).toBe('timeout');
    expect(await ask(() => Promise.reject(new TypeError('fetch failed')))).toBe('unreachable');
    expect(
      await ask(() => {
        throw new TypeError('no');
      }),
    ).toBe('unreachable');
  });

  test('own members only, and scope tokens only [T113, T121]', async () => {
    const body = `{"resource":"${resource}","__proto__":{"authorization_servers":["https://evil.example"]},"scopes_supported":["a","b c",7,"\\"",""]}`;
    const { metadata } = await answer(
      () => new Response(body, { headers: { 'content-type': 'application/json' } }),
    );
    expect(metadata.scopes_supported).toEqual(['a']);
    expect(metadata.authorization_servers).toEqual([]);
    expect(Object.getPrototypeOf(metadata)).toBe(null);
    for (const odd of [null, 'a', 7]) {
      const found = await answer(() => Response.json({ resource, scopes_supported: odd }));
      expect(found.metadata.scopes_supported).toEqual([]);
    }
  });

  test('is fetched without a token, over a real socket [T117]', async () => {
    const server = await startServer(
      () => {},
      (_request, response, { resource: own }) => json(response, 200, { resource: own }),
    );
    expect(await discoverResource(server.resource)).toMatchObject({ resource: server.resource });
    expect(server.seen).toMatchObject([{ method: 'GET', authorization: undefined }]);
  });
});
