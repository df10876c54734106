/**
 * Reads a JWT without verifying it, to explain it or to make attacks of it.
 *
 * @module
 */
import { base64url } from 'jose';
import { parseObject } from './parse-object.js';

export interface UnverifiedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Returns header and claims of a text in the form of a JWT; `undefined` for any other text. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const [header, claims] = [parsePart(parts[0]), parsePart(parts[1])];
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

function parsePart(part = ''): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseObject(new TextDecoder().decode(base64url.decode(part)));
  } catch {
    return undefined;
  }
}
