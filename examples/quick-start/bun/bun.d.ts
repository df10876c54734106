// What `bun-types` declares, as far as it is used.
declare namespace Bun {
  function serve(options: {
    port: number;
    hostname: string;
    fetch: (request: Request) => Promise<Response>;
  }): unknown;
}
