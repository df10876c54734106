/**
 * Warns when clients are sent to a metadata document that is not served.
 *
 * @module
 */
import type { Decision } from '../decision.js';
import type { GateRequest, Reply } from '../types.js';
import { callHook } from './call-hook.js';
import type { GateWarning } from './types.js';

/** A client that was refused asks for the document at once, so it would have come by then. */
const WARN_AFTER_MS = 5_000;
/** Where the responder is mounted, another instance or a cache may have served the document. */
const WARN_AFTER_MS_IF_MOUNTED = 600_000;

type Respond = (request: GateRequest) => Reply | Promise<Reply> | undefined;

export interface MetadataWatchOptions {
  /** URL of the document, for the warning. */
  readonly url: string;
  readonly respond: Respond;
  readonly authorizationServers: readonly string[];
  readonly clock: () => number;
  readonly onWarning: (warning: GateWarning) => void;
}

export interface MetadataWatch {
  /** The same responder; requests for the document are recorded. */
  readonly respond: Respond;
  /** Records a decision. What the application's hook or clock does changes nothing. */
  readonly recordDecision: (decision: Decision) => void;
}

/**
 * Compares refusals with requests for the metadata. It warns once if a request without a token is
 * refused some time after the first one and the document was never requested. No timer runs.
 */
export function watchMetadata(options: MetadataWatchOptions): MetadataWatch {
  const { url, authorizationServers, clock, onWarning } = options;
  let warnAfter = WARN_AFTER_MS;
  let firstRefusal: number | undefined;
  // A document without authorization servers tells clients nothing, so they need not fetch it.
  let isDone = authorizationServers.length === 0;
  const respond: Respond = (request) => {
    warnAfter = WARN_AFTER_MS_IF_MOUNTED;
    const reply = options.respond(request);
    isDone ||= reply !== undefined;
    return reply;
  };
  const recordDecision = (decision: Decision): void => {
    if (isDone || decision.allowed || decision.reason !== 'no_credentials') return;
    callHook(() => {
      const now = clock();
      firstRefusal ??= now;
      if (now - firstRefusal < warnAfter) return undefined;
      isDone = true;
      const message = `callers are sent to ${url}, and no request for it came: is it mounted at the root, and does the proxy pass it on?`;
      return onWarning({ code: 'metadata_unseen', message });
    });
  };
  return { respond, recordDecision };
}
