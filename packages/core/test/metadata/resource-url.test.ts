import { describe, expect, test } from 'vitest';
import { protectedResourceMetadataUrl } from '../../src/index.js';
import { checkResource, isLoopback, rootMetadataUrl } from '../../src/metadata/index.js';
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

describe('checkResource says what is wrong, and names the option', () => {
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
    ['https://h.example:443', 'write https://h.example:443 as URL parsers do: https://h.example/'],
  ])('%j [PR-3]', (resource, message) => {
    expect(() => checkResource(resource)).toThrow(TypeError);
    expect(() => checkResource(resource)).toThrow(message);
    expect(() => checkResource(resource, 'options.x')).toThrow(/^options\.x: /);
  });

  test('a password never shows in the message', () => {
    expect(() => checkResource('https://me:secret@h.example/')).toThrow(/^(?!.*secret)/);
  });

  test('parts are the text as it came', () => {
    expect(checkResource('https://h.example:8443/a%20b/?x=/y?z')).toEqual({
      origin: 'https://h.example:8443',
      path: '/a%20b/',
      query: '?x=/y?z',
    });
    expect(checkResource('https://h.example')).toEqual({
      origin: 'https://h.example',
      path: '',
      query: '',
    });
  });
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
