import { describe, expect, test } from 'vitest';
import { protectedResourceMetadataUrl } from '../../src/index.js';
import {
  checkUrl,
  isLoopback,
  metadataUrlsOf,
  parseUrl,
  rootMetadataUrl,
} from '../../src/metadata/index.js';
import { vectors } from '../http/vectors.js';

describe('metadata URL vectors', () => {
  test.each(vectors('metadata-urls'))('$name [PR-1, PR-3]', ({ resource, expected }) => {
    if (expected === undefined) {
      expect(() => protectedResourceMetadataUrl(resource)).toThrow(TypeError);
      expect(() => rootMetadataUrl(resource)).toThrow(TypeError);
      expect(() => protectedResourceMetadataUrl(resource)).toThrow(/^resource: /);
      expect(() => rootMetadataUrl(resource)).toThrow(/^resource: /);
    } else {
      const root = `${new URL(resource).origin}/.well-known/oauth-protected-resource`;
      expect(protectedResourceMetadataUrl(resource)).toBe(expected);
      expect(rootMetadataUrl(resource)).toBe(root);
      expect([...metadataUrlsOf(new URL(resource))]).toEqual([...new Set([expected, root])]);
    }
  });
});

describe('checkUrl says what is wrong, and names the option', () => {
  test.each([
    [undefined, 'resource: undefined is not an absolute URL'],
    [7, 'resource: 7 is not an absolute URL'],
    [new URL('https://h.example/'), 'is not an absolute URL'],
    ['mcp', 'resource: "mcp" is not an absolute URL'],
    ['https://user:secret@h:99999/', 'resource: "h:99999/" is not an absolute URL'],
    ['https://user:se/cr@et@h:99999/', 'resource: "h:99999/" is not an absolute URL'],
    ['http://h.example/', 'resource: http://h.example/ must use https (http is for loopback only)'],
    ['javascript:alert(1)', 'must use https'],
    ['ftp://localhost/', 'must use https (http is for loopback only)'],
    ['ws://127.0.0.1/mcp', 'must use https (http is for loopback only)'],
    ['https://h.example/#', 'resource: https://h.example/# must not have a fragment'],
    ['https://me@h.example/', 'resource: the URL must not carry user information'],
    ['https://:x@h.example/', 'resource: the URL must not carry user information'],
    [
      'https://H.example/mcp',
      'write https://H.example/mcp as URL parsers do: https://h.example/mcp',
    ],
    ['https://h.example:443', 'write https://h.example:443 as URL parsers do: https://h.example'],
  ])('%j [PR-3]', (resource, message) => {
    expect(() => checkUrl(resource, 'resource')).toThrow(TypeError);
    expect(() => checkUrl(resource, 'resource')).toThrow(message);
    expect(() => checkUrl(resource, 'options.x')).toThrow(/^options\.x: /);
  });

  test.each(['https://me:secret@h.example/', 'http://me:secret@h.example/#x'])(
    'a password never shows in the message: %s',
    (resource) => {
      expect(() => checkUrl(resource, 'resource')).toThrow(/^(?!.*secret)/);
      expect(() => checkUrl(resource, 'resource')).toThrow('user information');
    },
  );
});

test('what stands behind the host goes into the metadata URL as it came [PR-1]', () => {
  expect(protectedResourceMetadataUrl('https://h.example:8443/a%20b/?x=/y?z')).toBe(
    'https://h.example:8443/.well-known/oauth-protected-resource/a%20b/?x=/y?z',
  );
  expect(protectedResourceMetadataUrl('https://h.example')).toBe(
    'https://h.example/.well-known/oauth-protected-resource',
  );
});

test.each([
  ['https://h.example:443', 'https://h.example'],
  ['https://h.example:443/', 'https://h.example/'],
  ['https://H.example/a//b', 'https://h.example/a//b'],
  ['https://H.example?x', 'https://h.example/?x'],
])('of %s the message shows exactly the spelling that is accepted: %s [PR-3]', (text, spelling) => {
  const message = `resource: write ${text} as URL parsers do: ${spelling}`;
  expect(() => checkUrl(text, 'resource')).toThrow(new TypeError(message));
  expect(checkUrl(spelling, 'resource').href).toBe(new URL(text).href);
});

describe('what a client asks for the document', () => {
  test.each([
    [
      'https://h.example/mcp?t=a',
      [
        'https://h.example/.well-known/oauth-protected-resource/mcp?t=a',
        'https://h.example/.well-known/oauth-protected-resource',
      ],
    ],
    ['https://h.example', ['https://h.example/.well-known/oauth-protected-resource']],
    ['https://h.example/', ['https://h.example/.well-known/oauth-protected-resource']],
  ])('for %s is %j, in this order and each once', (resource, urls) => {
    expect([...metadataUrlsOf(new URL(resource))]).toEqual(urls);
  });
});

test.each(['ftp://localhost/', 'ws://localhost/mcp', 'wss://127.0.0.1/mcp', 'http://h.example/'])(
  'a client uses no URL of a scheme that is neither https nor http on loopback: %s',
  (url) => {
    expect(parseUrl(url)).toBeUndefined();
  },
);

describe('isLoopback', () => {
  test.each([
    ['localhost', true],
    ['a.localhost', true],
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['[::1]', true],
    ['localhost.example', false],
    ['xlocalhost', false],
    ['127.0.0.1.example', false],
    ['127.0.0', false],
    ['128.0.0.1', false],
    ['x127.0.0.1', false],
    ['0.0.0.0', false],
    ['[::]', false],
    ['[::ffff:127.0.0.1]', false],
  ])('%s is %j', (hostname, expected) => {
    expect(isLoopback(hostname)).toBe(expected);
  });
});
