/**
 * How the client identifies itself to an authorization server: registered beforehand, by a metadata URL, or
 * by registering now, in this order (MCP, Authorization, "Client Registration Approaches").
 *
 * @module
 */
import * as oauth from 'oauth4webapi';

/** What an administrator registered. */
export interface Credentials {
  /** They are this server's: no other one sees them. */
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret: string;
}

export interface Identity {
  readonly client: oauth.Client;
  readonly authenticate: oauth.ClientAuth;
}

export interface IdentifyOptions {
  readonly credentials?: Credentials | undefined;
  /** Where the client's metadata document is. */
  readonly clientIdUrl: string;
  readonly redirectUri: string;
}

/** Never reuses what another authorization server gave: ask anew for each. */
export async function identify(
  server: oauth.AuthorizationServer,
  { credentials, clientIdUrl, redirectUri }: IdentifyOptions,
): Promise<Identity> {
  if (credentials?.issuer === server.issuer) {
    const { client_id, client_secret } = credentials;
    const method = chooseMethod(server, ['client_secret_basic', 'client_secret_post']);
    return { client: { client_id }, authenticate: authenticateBy(method, client_secret) };
  }
  if (server.client_id_metadata_document_supported === true) {
    return { client: { client_id: clientIdUrl }, authenticate: oauth.None() };
  }
  const method = chooseMethod(server, ['none', 'client_secret_basic', 'client_secret_post']);
  const client = await register(server, {
    client_name: 'Scopegate conformance client',
    application_type: 'native',
    redirect_uris: [redirectUri],
    // Without `scope`: some servers would never give another one.
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: method,
  });
  const { token_endpoint_auth_method: registered, client_secret: secret } = client;
  // What the server registered may differ from what was asked for (RFC 7591 s3.2.1).
  const agreed = typeof registered === 'string' ? registered : method;
  return { client, authenticate: authenticateBy(agreed, typeof secret === 'string' ? secret : '') };
}

async function register(
  server: oauth.AuthorizationServer,
  metadata: Parameters<typeof oauth.dynamicClientRegistrationRequest>[1],
): Promise<oauth.Client> {
  const response = await oauth.dynamicClientRegistrationRequest(server, metadata, {
    [oauth.allowInsecureRequests]: true,
  });
  // Lenient: RFC 7591 s3.2.1 wants `client_secret_expires_at` beside a secret, and servers, the
  // suite's among them, leave it out.
  const body: unknown = response.status === 201 ? await response.clone().json() : undefined;
  const complete =
    typeof body === 'object' && body !== null
      ? Response.json({ client_secret_expires_at: 0, ...body }, { status: 201 })
      : response;
  return oauth.processDynamicClientRegistrationResponse(complete);
}

/** The first of these that the server takes; it takes Basic if it does not say (RFC 8414 s2). */
function chooseMethod(server: oauth.AuthorizationServer, methods: readonly string[]): string {
  const offered = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const method = methods.find((one) => offered.includes(one));
  if (method === undefined) {
    throw new Error(`${server.issuer} takes none of ${methods.join(', ')}`);
  }
  return method;
}

function authenticateBy(method: string, secret: string): oauth.ClientAuth {
  if (method === 'none') return oauth.None();
  return method === 'client_secret_post' ? oauth.ClientSecretPost(secret) : basic(secret);
}

/**
 * `client_secret_basic` with the encoding of forms (RFC 6749 s2.3.1) as URL parsers write it.
 * oauth4webapi also encodes `-` and `_`, which servers that decode nothing do not recognize.
 */
function basic(secret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const pair = [client.client_id, secret].map((part) =>
      new URLSearchParams([['', part]]).toString().slice(1),
    );
    headers.set('authorization', `Basic ${btoa(pair.join(':'))}`);
  };
}
