/**
 * Types `request.auth` for the whole program: `import '@scopegate/fastify/augment'`. Opt-in, since
 * other libraries declare the same name; `authOf(gate, request)` needs no declaration.
 *
 * @module @scopegate/fastify/augment
 */
import type { Auth } from '@scopegate/core';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; `null` on a public operation without a token. Without a guard it is `null` or absent. */
    auth: Auth | null;
  }
}
