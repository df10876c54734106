// What `wrangler types` writes.
declare module 'cloudflare:workers' {
  export const env: { readonly RESOURCE: string; readonly ISSUER: string };
}
