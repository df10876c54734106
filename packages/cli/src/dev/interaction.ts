/**
 * The login and consent of the local authorization server.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';
import type { AuthorizationServerOptions } from './options.js';
import { loginPage } from './login-page.js';

/** Maximum length of a form in bytes. The form of the login page is much shorter. */
const MAX_FORM = 16 * 1024;

/** Answers a POST as the page's form, which says who logs in and which scopes are granted, else with the page. */
export async function answerInteraction(
  provider: Provider,
  { resource, scopes }: AuthorizationServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { params, grantId, session } = await provider.interactionDetails(request, response);
    const asked = params['scope'];
    const requested = typeof asked === 'string' ? asked.split(' ') : [];
    const offered = scopes.filter((scope) => requested.includes(scope));
    const clientId = String(params['client_id']);
    if (request.method !== 'POST') {
      const hint = session?.accountId ?? params['login_hint'];
      const page = loginPage({
        clientId,
        resource,
        offered,
        account: typeof hint === 'string' ? hint : '',
      });
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
      return;
    }
    const form = await readForm(request);
    if (form.get('answer') !== 'allow') {
      const error = { error: 'access_denied', error_description: 'The user refused' };
      await provider.interactionFinished(request, response, error);
      return;
    }
    const accountId = form.get('account')?.trim() || 'user';
    const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    // A step-up extends the grant of an earlier login. Another account gets a new grant.
    const grant =
      existing?.accountId === accountId ? existing : new provider.Grant({ accountId, clientId });
    const granted = offered.filter((scope) => form.getAll('scope').includes(scope));
    const refused = offered.filter((scope) => !granted.includes(scope));
    // The page decides anew about every scope on it; what it does not show stays granted.
    const kept = grant.getResourceScope(resource).split(' ');
    const all = [...kept.filter((scope) => !offered.includes(scope)), ...granted];
    grant.resources = { ...grant.resources, [resource]: all.join(' ').trim() };
    grant.rejected = undefined;
    // Ends this request without the scope. `configurationOf` shows the page again to a later request for it.
    if (refused.length > 0) grant.rejectResourceScope(resource, refused.join(' '));
    if (requested.includes('offline_access')) grant.addOIDCScope('offline_access');
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { login: { accountId }, consent });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'the login failed';
    response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${why}. Begin again in the client.\n`);
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (Number(request.headers['content-length'] ?? Infinity) > MAX_FORM) {
    throw new Error('The form is too long');
  }
  return new URLSearchParams(await text(request));
}
