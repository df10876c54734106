/**
 * JSON objects in texts that a resource or a token contains.
 *
 * @module
 */
import { parseJson } from '@scopegate/core/engine';

/** Returns the parsed JSON object, or `undefined` for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : undefined;
}
