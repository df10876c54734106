// What `deno types` prints, as far as it is used.
declare namespace Deno {
  function serve(
    options: { port: number; hostname: string; onListen: () => void },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
}
