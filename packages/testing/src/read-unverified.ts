/**
 * Takes a JWT apart without verifying it: to explain it, or to attack with it.
 *
 * @module
 */
import { base64url } from 'jose';

export interface UnverifiedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Header and claims of what has the form of a JWT; `undefined` for anything else. */
export function readUnverified(token: string): UnverifiedToken | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const [header, claims] = [parseObject(parts[0]), parseObject(parts[1])];
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

function parseObject(part = ''): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(part)));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
