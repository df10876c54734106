import { describe, expect, test } from 'vitest';
import { protectedResourceMetadata } from '../../src/index.js';
import type { ProtectedResourceMetadataOptions } from '../../src/index.js';
import { metadataOptions } from '../../src/metadata/index.js';

const resource = 'https://notes.example.com/mcp';

/** Options as plain JavaScript would give them. */
const build = (options: Record<string, unknown>): Record<string, unknown> =>
  protectedResourceMetadata({
    resource,
    ...options,
  } as unknown as ProtectedResourceMetadataOptions);

describe('every member of RFC 9728 s2', () => {
  const cases: readonly [option: string, value: unknown, members: Record<string, unknown>][] = [
    [
      'authorizationServers',
      ['https://a.example', 'https://b.example/tenant'],
      { authorization_servers: ['https://a.example', 'https://b.example/tenant'] },
    ],
    ['scopesSupported', ['a', 'b:c'], { scopes_supported: ['a', 'b:c'] }],
    [
      'bearerMethodsSupported',
      ['header', 'body', 'query'],
      { bearer_methods_supported: ['header', 'body', 'query'] },
    ],
    ['jwksUri', 'https://h.example/jwks', { jwks_uri: 'https://h.example/jwks' }],
    [
      'resourceSigningAlgValuesSupported',
      ['ES256'],
      { resource_signing_alg_values_supported: ['ES256'] },
    ],
    ['resourceName', 'Notes', { resource_name: 'Notes' }],
    [
      'resourceName',
      { '': 'Notes', de: 'Notizen', 'zh-Hans-CN': '\u7b14\u8bb0' },
      {
        resource_name: 'Notes',
        'resource_name#de': 'Notizen',
        'resource_name#zh-Hans-CN': '\u7b14\u8bb0',
      },
    ],
    [
      'resourceDocumentation',
      { fr: 'https://h.example/fr#top' },
      { 'resource_documentation#fr': 'https://h.example/fr#top' },
    ],
    ['resourcePolicyUri', 'https://h.example/p', { resource_policy_uri: 'https://h.example/p' }],
    ['resourceTosUri', 'http://h.example/tos', { resource_tos_uri: 'http://h.example/tos' }],
    [
      'tlsClientCertificateBoundAccessTokens',
      true,
      { tls_client_certificate_bound_access_tokens: true },
    ],
    [
      'authorizationDetailsTypesSupported',
      ['payment'],
      { authorization_details_types_supported: ['payment'] },
    ],
    [
      'dpopSigningAlgValuesSupported',
      ['ES256', 'EdDSA'],
      { dpop_signing_alg_values_supported: ['ES256', 'EdDSA'] },
    ],
    ['dpopBoundAccessTokensRequired', true, { dpop_bound_access_tokens_required: true }],
    [
      'extensions',
      { x_note: { deep: [1, null, false] }, x_off: false, x_zero: 0, x_size: { length: 0 } },
      { x_note: { deep: [1, null, false] }, x_off: false, x_zero: 0, x_size: { length: 0 } },
    ],
  ];
  test.each(cases)('%s: %j [PR-5]', (option, value, members) => {
    expect(build({ [option]: value })).toEqual({
      resource,
      bearer_methods_supported: ['header'],
      ...members,
    });
    expect(metadataOptions().includes(option)).toBe(true);
  });

  test('the smallest document, with the resource verbatim [PR-3, PR-5, T47]', () => {
    expect(JSON.stringify(protectedResourceMetadata({ resource: 'https://h.example' }))).toBe(
      '{"resource":"https://h.example","bearer_methods_supported":["header"]}',
    );
    expect(protectedResourceMetadata({ resource: 'https://h.example/' }).resource).toBe(
      'https://h.example/',
    );
  });

  test('a document of everything, in this order [T47]', () => {
    const all = Object.assign(
      {},
      ...cases.map(([option, value]) => ({ [option]: value })),
    ) as object;
    expect(Object.keys(build({ ...all }))).toEqual([
      'resource',
      'authorization_servers',
      'scopes_supported',
      'bearer_methods_supported',
      'jwks_uri',
      'resource_signing_alg_values_supported',
      'resource_name',
      'resource_name#de',
      'resource_name#zh-Hans-CN',
      'resource_documentation#fr',
      'resource_policy_uri',
      'resource_tos_uri',
      'tls_client_certificate_bound_access_tokens',
      'authorization_details_types_supported',
      'dpop_signing_alg_values_supported',
      'dpop_bound_access_tokens_required',
      'x_note',
      'x_off',
      'x_zero',
      'x_size',
    ]);
  });

  test.each(['resource', 'extensions'])('%s is an option too', (name) => {
    expect(metadataOptions().includes(name)).toBe(true);
  });

  test.each(['scopes_supported', 'constructor', ''])('%j is none', (name) => {
    expect(metadataOptions().includes(name)).toBe(false);
  });
});

describe('zero values are left out', () => {
  test.each([
    ['authorizationServers', []],
    ['scopesSupported', []],
    ['resourceSigningAlgValuesSupported', []],
    ['authorizationDetailsTypesSupported', []],
    ['dpopSigningAlgValuesSupported', []],
    ['resourceName', ''],
    ['resourceName', { '': '', de: '' }],
    ['resourceName', {}],
    ['jwksUri', undefined],
    ['extensions', { a: null, b: undefined, c: [], d: '' }],
    ['extensions', undefined],
  ])('%s: %j [PR-2]', (option, value) => {
    expect(build({ [option]: value })).toEqual({ resource, bearer_methods_supported: ['header'] });
  });

  test.each([
    ['tlsClientCertificateBoundAccessTokens', 'tls_client_certificate_bound_access_tokens'],
    ['dpopBoundAccessTokensRequired', 'dpop_bound_access_tokens_required'],
  ])('%s: false is stated, clients look for it [PR-5]', (option, member) => {
    expect(build({ [option]: false })).toMatchObject({ [member]: false });
  });

  test('no bearer method at all can be said [PR-2]', () => {
    expect(build({ bearerMethodsSupported: [] })).toEqual({ resource });
  });
});

describe('a document is refused, with the option named', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const cases: readonly [option: string, value: unknown, message: string][] = [
    ['resource', undefined, 'resource: undefined is not an absolute URL'],
    ['resource', 'https://h.example/#a', 'resource: https://h.example/#a must not have a fragment'],
    ['authorizationServers', 'https://h.example', 'authorizationServers: expected a list'],
    ['authorizationServers', ['idp'], 'authorizationServers[0]: "idp" is not an absolute URL'],
    ['authorizationServers', ['https://a.example', null], 'authorizationServers[1]: null is not'],
    [
      'authorizationServers',
      ['http://a.example'],
      'authorizationServers[0]: http://a.example must',
    ],
    [
      'authorizationServers',
      ['https://a.example/?x'],
      'authorizationServers[0]: https://a.example/?x must not have a query',
    ],
    [
      'authorizationServers',
      ['https://a.example/#x'],
      'authorizationServers[0]: https://a.example/#x',
    ],
    ['scopesSupported', 'a', 'scopesSupported: expected a list'],
    ['scopesSupported', ['a', 'b c'], 'scopesSupported[1]: "b c" is not a scope token'],
    ['scopesSupported', ['offline_access'], 'scopesSupported[0]: offline_access is not a scope of'],
    [
      'bearerMethodsSupported',
      ['cookie'],
      "bearerMethodsSupported[0]: expected 'header', 'body' or",
    ],
    ['jwksUri', '/jwks', 'jwksUri: "/jwks" is not an absolute URL'],
    ['jwksUri', 'http://h.example/jwks', 'jwksUri: http://h.example/jwks must use https'],
    [
      'resourceSigningAlgValuesSupported',
      ['none'],
      "resourceSigningAlgValuesSupported[0]: 'none' is",
    ],
    [
      'resourceSigningAlgValuesSupported',
      [7],
      'resourceSigningAlgValuesSupported[0]: expected a str',
    ],
    [
      'dpopSigningAlgValuesSupported',
      ['ES256', 'none'],
      "dpopSigningAlgValuesSupported[1]: 'none' is",
    ],
    ['resourceName', 7, 'resourceName: expected a string'],
    ['resourceName', { de_DE: 'x' }, 'resourceName: "de_DE" is not a language tag (BCP 47)'],
    ['resourceName', { de: 7 }, "resourceName['de']: expected a string"],
    [
      'resourceDocumentation',
      'h.example',
      'resourceDocumentation: "h.example" is not a web address',
    ],
    ['resourceDocumentation', 'javascript:alert(1)', 'is not a web address'],
    ['resourceDocumentation', 'javascript:alert(1)//https:', 'is not a web address'],
    ['resourcePolicyUri', { de: 'data:text/html,http://h.example' }, 'is not a web address'],
    ['resourceDocumentation', 'https://', 'resourceDocumentation: "https://" is not a web address'],
    ['resourceDocumentation', 7, 'resourceDocumentation: 7 is not a web address'],
    [
      'resourceDocumentation',
      ['https://h.example/'],
      '["https://h.example/"] is not a web address',
    ],
    ['resourceTosUri', { de: ['https://h.example/'] }, 'is not a web address'],
    ['resourcePolicyUri', { de: 'x' }, `resourcePolicyUri['de']: "x" is not a web address`],
    ['resourceTosUri', { '*': 'https://h.example' }, 'resourceTosUri: "*" is not a language tag'],
    ['tlsClientCertificateBoundAccessTokens', 'yes', 'AccessTokens: expected a boolean'],
    ['dpopBoundAccessTokensRequired', 1, 'dpopBoundAccessTokensRequired: expected a boolean'],
    ['authorizationDetailsTypesSupported', [null], 'TypesSupported[0]: expected a string'],
    [
      'extensions',
      { resource: 'x' },
      'extensions.resource: is a member of RFC 9728, with an option',
    ],
    ['extensions', { signed_metadata: 'x' }, 'extensions.signed_metadata: is a member of RFC 9728'],
    [
      'extensions',
      { scopes_supported: [] },
      'extensions.scopes_supported: is a member of RFC 9728',
    ],
    ['extensions', { 'resource_name#de': 'x' }, 'extensions.resource_name#de: is a member of RFC'],
    ['extensions', { x: () => 7 }, 'extensions.x: cannot be written as JSON'],
    ['extensions', { x: 7n }, 'extensions.x: cannot be written as JSON'],
    ['extensions', { x: cyclic }, 'extensions.x: cannot be written as JSON'],
  ];
  test.each(cases)('%s: %o [PR-3, PR-5, C401-3]', (option, value, message) => {
    expect(() => build({ [option]: value })).toThrow(TypeError);
    expect(() => build({ [option]: value })).toThrow(message);
  });

  test('an extension that fails by itself is refused with its own error as the cause', () => {
    const cause = new RangeError('too far');
    const x = {
      toJSON(): never {
        throw cause;
      },
    };
    expect(() => build({ extensions: { x } })).toThrow(
      new TypeError('extensions.x: cannot be written as JSON', { cause }),
    );
  });
});

describe('the document is its own', () => {
  test('later changes of the options do not reach it, and it is frozen deep down [T11]', () => {
    const scopesSupported = ['a'];
    const x = { list: [1] };
    const document = build({ scopesSupported, extensions: { x } });
    scopesSupported.push('admin');
    x.list.push(2);
    expect(document).toMatchObject({ scopes_supported: ['a'], x: { list: [1] } });
    const extension = document['x'] as typeof x;
    for (const part of [document, document['scopes_supported'], extension, extension.list]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('a member named like a prototype is a member [T09]', () => {
    const extensions = JSON.parse('{"__proto__":{"x":1},"constructor":"y"}') as object;
    const document = build({ extensions });
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    expect(JSON.stringify(document)).toContain('"__proto__":{"x":1},"constructor":"y"');
  });
});
