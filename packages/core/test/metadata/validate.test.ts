import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateResourceMetadata } from '../../src/index.js';
import { vectors } from '../http/vectors.js';

describe('metadata validation vectors', () => {
  test.each(vectors('metadata-validation'))(
    '$name [PR-7, PR-8, T121]',
    ({ document, via, request_url, metadata_url, allow_path_prefix, expected }) => {
      const verdict = validateResourceMetadata(document, {
        requestUrl: request_url,
        metadataUrl: metadata_url,
        via,
        ...(allow_path_prefix === true && { allowPathPrefix: true }),
      });
      expect(verdict).toMatchObject(
        expected.ok ? { ok: true } : { ok: false, problem: { code: expected.problem } },
      );
    },
  );
});

describe('validateResourceMetadata', () => {
  const requestUrl = 'https://h.example/mcp';
  const metadataUrl = 'https://h.example/.well-known/oauth-protected-resource/mcp';

  test('says what was expected and what was found', () => {
    const found = 'https://evil.example';
    expect(
      validateResourceMetadata(
        { resource: found },
        { requestUrl, metadataUrl, via: 'well-known', allowPathPrefix: false },
      ),
    ).toEqual({ ok: false, problem: { code: 'resource-mismatch', expected: requestUrl, found } });
  });

  test.each([
    ['a longer host', 'https://h.example.evil.example/mcp', '.evil.example/mcp'],
    ['another port', 'https://h.example:8443/mcp', ':8443/mcp'],
    ['a longer host with a query alone', 'https://h.example.evil.example?a', '.evil.example?a'],
  ])(
    'no document speaks for %s because its path only begins like the well-known one [PR-7]',
    (_, resource, rest) => {
      const verdict = validateResourceMetadata(
        { resource },
        {
          requestUrl: resource,
          metadataUrl: `https://h.example/.well-known/oauth-protected-resource${rest}`,
          via: 'well-known',
          allowPathPrefix: true,
        },
      );
      expect(verdict).toEqual({
        ok: false,
        problem: { code: 'foreign-metadata-url', found: resource },
      });
    },
  );

  test('a slash behind a URL inside the query is a difference [PR-7]', () => {
    const found = 'https://h.example/mcp?next=https://a.example';
    const asked = `${found}/`;
    expect(
      validateResourceMetadata(
        { resource: found },
        { requestUrl: asked, metadataUrl, via: 'challenge' },
      ),
    ).toEqual({ ok: false, problem: { code: 'resource-mismatch', expected: asked, found } });
  });

  test.each(['', 'mcp', 'http://h.example/.well-known/oauth-protected-resource', 'https://'])(
    'a path above is not accepted if the document came from %j, where no client may fetch it [PR-7]',
    (from) => {
      const found = 'https://h.example/';
      expect(
        validateResourceMetadata(
          { resource: found },
          { requestUrl, metadataUrl: from, via: 'challenge', allowPathPrefix: true },
        ),
      ).toEqual({ ok: false, problem: { code: 'resource-mismatch', expected: requestUrl, found } });
    },
  );

  test('never throws, whatever it is given', () => {
    const values = fc.oneof(fc.anything(), fc.webUrl(), fc.constant(requestUrl));
    const urls = fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom(requestUrl, metadataUrl));
    fc.assert(
      fc.property(
        fc.oneof(values, fc.record({ resource: values })),
        urls,
        urls,
        fc.constantFrom('well-known' as const, 'challenge' as const),
        fc.boolean(),
        (document, request, metadata, via, allowPathPrefix) => {
          const options = { requestUrl: request, metadataUrl: metadata, via, allowPathPrefix };
          expect(typeof validateResourceMetadata(document, options).ok).toBe('boolean');
        },
      ),
    );
  });

  test('believes nothing from another origin, by whichever way [PR-7]', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true }),
        fc.webUrl({ withQueryParameters: true }),
        fc.constantFrom('well-known' as const, 'challenge' as const),
        (resource, request, via) => {
          fc.pre(new URL(resource).origin !== new URL(request).origin);
          for (const metadata of [metadataUrl, request, resource]) {
            const options = { requestUrl: request, metadataUrl: metadata, via };
            const verdict = validateResourceMetadata(
              { resource },
              { ...options, allowPathPrefix: true },
            );
            expect(verdict.ok).toBe(false);
          }
        },
      ),
    );
  });
});
