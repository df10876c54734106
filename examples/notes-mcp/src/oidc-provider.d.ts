/** What the examples use of oidc-provider, which ships no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Context {
    readonly oidc: {
      readonly client: { readonly clientId: string };
      readonly params: Readonly<Record<string, string | undefined>>;
      /** How the user of the session logged in. */
      readonly acr: string | undefined;
      /** What is exchanged for a token, and other things that the request is about. */
      readonly entities: Readonly<
        Record<string, { readonly authTime?: number; readonly acr?: string } | undefined>
      >;
    };
    body: unknown;
  }

  /** A request before the provider reads it (Koa). */
  export interface RequestContext {
    readonly path: string;
    query: Readonly<Record<string, string | undefined>>;
  }

  export interface Interaction {
    readonly prompt: { readonly name: string };
    readonly params: Readonly<Record<string, unknown>>;
    /** The grant this client already holds in this login session. */
    readonly grantId?: string;
  }

  export interface InteractionResult {
    readonly login?: { readonly accountId: string; readonly acr?: string; readonly ts?: number };
    readonly consent?: { readonly grantId: string };
    readonly error?: string;
    readonly error_description?: string;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export interface AccessToken {
    resourceServer: object;
    readonly expiration: number;
    save(): Promise<string>;
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    readonly Grant: {
      new (owner: { readonly accountId: string; readonly clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    readonly AccessToken: new (members: Readonly<Record<string, unknown>>) => AccessToken;
    readonly ResourceServer: new (identifier: string, members: object) => object;
    registerGrantType(
      name: string,
      handler: (context: Context) => Promise<void>,
      parameters: readonly string[],
    ): void;
    use(middleware: (context: RequestContext, next: () => Promise<void>) => Promise<void>): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: InteractionResult,
      options?: { readonly mergeWithLastSubmission?: boolean },
    ): Promise<void>;
  }

  export const interactionPolicy: {
    readonly Check: new (
      reason: string,
      description: string,
      check: (context: Context) => boolean,
    ) => object;
    base(): { get(prompt: string): { readonly checks: { add(check: object): void } } };
  };

  type ErrorClass = new (...parts: string[]) => Error;
  export const errors: Readonly<
    Record<'InvalidTarget' | 'InvalidRequest' | 'InvalidScope', ErrorClass>
  >;
}
