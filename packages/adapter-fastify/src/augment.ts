/**
 * Types `request.auth` for the whole program: `import '@scopegate/fastify/augment'`. Opt-in, since
 * other libraries declare the same name; `authOf(gate, request)` needs no declaration.
 *
 * @module @scopegate/fastify/augment
 */
import type { Auth } from '@scopegate/core';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; `null` where no gate guards, and on a public operation without a token. */
    auth: Auth | null;
  }
}
