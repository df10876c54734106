import { describe, expect, test } from 'vitest';
import { protectedResourceMetadataUrl } from '../../src/index.js';
import { checkUrl, isLoopback, rootMetadataUrl } from '../../src/metadata/index.js';
import { vectors } from '../http/vectors.js';

describe('metadata URL vectors', () => {
  test.each(vectors('metadata-urls'))('$name [PR-1, PR-3]', ({ resource, expected }) => {
    if (expected === undefined) {
      expect(() => protectedResourceMetadataUrl(resource)).toThrow(TypeError);
      expect(() => rootMetadataUrl(resource)).toThrow(TypeError);
    } else {
      expect(protectedResourceMetadataUrl(resource)).toBe(expected);
      expect(rootMetadataUrl(resource)).toBe(
        `${new URL(resource).origin}/.well-known/oauth-protected-resource`,
      );
    }
  });
});

describe('checkUrl says what is wrong, and names the option', () => {
  test.each([
    [undefined, 'resource: undefined is not an absolute URL'],
    [7, 'resource: 7 is not an absolute URL'],
    [new URL('https://h.example/'), 'is not an absolute URL'],
    ['mcp', 'resource: "mcp" is not an absolute URL'],
    ['http://h.example/', 'resource: http://h.example/ must use https (http is for loopback only)'],
    ['javascript:alert(1)', 'must use https'],
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
