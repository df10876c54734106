/** Calls the handler with the events in `events`, as Lambda does, and prints what it answers. */
import { readFile } from 'node:fs/promises';
import { handler } from './index.js';

for (const name of ['function-url', 'api-gateway-v2']) {
  const text = await readFile(new URL(`events/${name}.json`, import.meta.url), 'utf8');
  const event = /** @type {import('hono/aws-lambda').LambdaEvent} */ (JSON.parse(text));
  const { statusCode, headers } = await handler(event);
  console.log(`${name}: ${statusCode}\n${JSON.stringify(headers, null, 2)}`);
}
