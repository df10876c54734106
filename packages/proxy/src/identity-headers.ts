/**
 * Recognizes headers in which a reverse proxy or a gateway names the caller. Only configured headers may name
 * the caller here, so a caller's own headers of these names are never forwarded.
 *
 * @module
 */

const NAMES: ReadonlySet<string> = new Set([
  // Kong, APISIX, Google's API gateway, Teleport, IBM WebSEAL, Lambda's web adapter, SAML gateways.
  ...['x-authenticated', 'x-userinfo', 'x-credential-identifier', 'x-credential-username'],
  ...['x-anonymous-consumer', 'x-id-token', 'x-access-token', 'x-endpoint-api-userinfo'],
  ...['x-apigateway-api-userinfo', 'teleport-jwt-assertion', 'iv-user', 'iv-groups', 'iv-creds'],
  ...['x-amzn-request-context', 'x-amzn-lambda-context', 'eppn', 'persistent-id', 'targeted-id'],
  // Traefik, nginx and Caddy recipes.
  ...['x-auth-user', 'x-auth-username', 'x-auth-email', 'x-auth-groups', 'x-auth-roles'],
  ...['x-auth-subject', 'x-user', 'x-username', 'x-user-id', 'x-user-name', 'x-user-email'],
  ...['x-user-groups', 'x-user-roles', 'x-email', 'x-groups', 'x-roles', 'x-proxy-user'],
]);

const PREFIXES = [
  // RFC 9440, and older headers of nginx, Apache, HAProxy, Traefik, Azure and ALB.
  ...['client-cert', 'ssl-', 'x-ssl-', 'x-client-cert', 'x-client-dn', 'x-client-verify'],
  ...['x-arr-clientcert', 'x-amzn-mtls-', 'x-tls-client-'],
  // RFC 3875 s4.1.11, Authelia, Kubernetes.
  ...['remote-', 'x-remote-'],
  // oauth2-proxy, also behind Envoy, Traefik and Istio.
  ...['x-auth-request-', 'x-forwarded-user', 'x-forwarded-email', 'x-forwarded-groups'],
  ...['x-forwarded-preferred-username', 'x-forwarded-access-token', 'x-forwarded-id-token'],
  ...['x-forwarded-client-cert', 'x-forwarded-tls-client-cert', 'x-forwarded-roles'],
  // Google IAP, App Engine; Azure App Service; AWS ALB; Cloudflare Access; Tailscale; Grafana.
  ...['x-goog-authenticated-user-', 'x-goog-iap-', 'x-appengine-', 'x-ms-client-principal'],
  ...['x-ms-token-', 'x-amzn-oidc-', 'cf-access-', 'tailscale-', 'x-webauth-'],
  // Authentik, Pomerium, Vouch, Kong, Replit, mod_auth_openidc, SiteMinder, Shibboleth, JWT filters.
  ...['x-authentik-', 'x-pomerium-', 'x-vouch-', 'x-consumer-', 'x-replit-user-', 'oidc-'],
  ...['x-oidc-', 'sm-', 'shib-', 'x-jwt-', 'x-authenticated-'],
] as const;

/** Whether some servers trust a header of this name, in lower case, to name the caller. */
export function isIdentityHeader(name: string): boolean {
  return NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
