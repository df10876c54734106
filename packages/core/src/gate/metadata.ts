/**
 * Builds the gate's metadata document, and answers requests for it.
 *
 * @module
 */
import {
  metadataResponder,
  protectedResourceMetadata,
  rootMetadataUrl,
} from '../metadata/index.js';
import type { ProtectedResourceMetadata } from '../metadata/index.js';
import { checkKind } from '../options.js';
import { allowsIssuerOf } from '../token/index.js';
import { within } from '../wait.js';
import type { MetadataClaims } from './metadata-options.js';
import type { Gate } from './types.js';
import type { GateSettings } from './options.js';

/** Builds the document from the gate's settings alone: nothing in it comes from a request. */
export function createMetadata(
  settings: GateSettings,
  onError: (error: unknown) => void,
): Omit<Gate['metadata'], 'preflight'> {
  const { catalogue, metadata, metadataUrl, resource, rootAlias } = settings;
  const { scopesSupported: scopes = [] } = metadata;
  const members = {
    ...metadata,
    // Several scopes may have the same request name, which is listed once.
    scopesSupported: [...new Set(scopes.map((scope) => catalogue.requestName(scope)))],
    resource,
    authorizationServers: settings.authorizationServers,
  };
  // An issuer that the verifier may reach by http is named, too.
  const allowsIssuer = allowsIssuerOf(settings.verifier);
  const document = protectedResourceMetadata(members, allowsIssuer);
  const targets = rootAlias ? [metadataUrl, rootMetadataUrl(resource)] : [metadataUrl];
  const text = documentText(document, settings, onError);
  return { url: metadataUrl, document, respond: metadataResponder(targets, text) };
}

function documentText(
  document: ProtectedResourceMetadata,
  { signedMetadata: signed, verifierTimeout }: GateSettings,
  onError: (error: unknown) => void,
): () => string | Promise<string> {
  const serialize = (signature?: unknown): string =>
    JSON.stringify({ ...document, signed_metadata: signature });
  let text: string | Promise<string> | undefined;
  if (typeof signed !== 'function') text = serialize(signed);
  const sign = async (): Promise<string> => {
    try {
      // A copy with a prototype, since libraries for JWTs take plain objects only.
      const claims = { ...document, iss: document.resource };
      const work = (): unknown => (signed as Signer)(claims);
      const signature = await within(verifierTimeout, 'signedMetadata', work);
      checkKind(signature, 'signedMetadata', 'a string');
      return (text = serialize(signature));
    } catch (error) {
      // Send the document without a signature, which is optional (RFC 9728 s2.2). Without a document,
      // clients would take this server for the issuer. The next request tries to sign again.
      text = undefined;
      onError(error);
      return serialize();
    }
  };
  return () => (text ??= sign());
}

type Signer = (claims: MetadataClaims) => unknown;
