/** Koa 2 under an alias; its types are those of Koa 3 as far as these tests go. */
declare module 'koa2' {
  import Koa from 'koa';

  export default Koa;
}

declare module 'koa-mount' {
  import type Koa from 'koa';

  export default function mount(prefix: string, app: Koa.Middleware | object): Koa.Middleware;
}
