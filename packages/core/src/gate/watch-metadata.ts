/**
 * Notices when clients are sent to metadata that nobody serves.
 *
 * @module
 */
import type { Gate } from './create-gate.js';
import type { Decision } from './decision.js';
import { callHook } from './hook.js';
import type { GateSettings } from './options.js';

/** What `onWarning` is told. */
export interface GateWarning {
  /** Callers were sent to the metadata, and no request for it came. */
  readonly code: 'metadata_unseen';
  readonly message: string;
}

/** A refused client asks for the document at once: after this long it would have. */
const PATIENCE = 5_000;
/** Where every request passes by, the route is mounted: another instance or a cache may answer. */
const PATIENCE_IF_MOUNTED = 600_000;

/** Metadata that takes note of being asked for, and who it is that was refused. */
export interface MetadataWatch {
  readonly metadata: Gate['metadata'];
  /** Takes note of a decision. What the application's hook or clock does changes nothing. */
  readonly see: (decision: Decision) => void;
}

/**
 * Watches refusals and metadata side by side: where a token is missing again, some time after it was
 * missing first, and the document was not asked for, it warns, once. No timer runs.
 */
export function watchMetadata(
  metadata: Gate['metadata'],
  { authorizationServers, clock, onWarning }: GateSettings,
): MetadataWatch {
  let patience = PATIENCE;
  let first: number | undefined;
  // Without an authorization server there is nothing that clients could find out.
  let isOver = authorizationServers.length === 0;
  const respond: Gate['metadata']['respond'] = (request) => {
    patience = PATIENCE_IF_MOUNTED;
    const reply = metadata.respond(request);
    isOver ||= reply !== undefined;
    return reply;
  };
  const see = (decision: Decision): void => {
    if (isOver || decision.allowed || decision.reason !== 'no_credentials') return;
    callHook(() => {
      const now = clock();
      first ??= now;
      if (now - first < patience) return undefined;
      isOver = true;
      const message = `nobody asked for ${metadata.url}, where callers are sent to: is it mounted at the root, and does the proxy pass it on?`;
      return onWarning({ code: 'metadata_unseen', message });
    });
  };
  return { metadata: Object.freeze({ ...metadata, respond }), see };
}
