/**
 * Warns if challenges name a metadata document that no client requests, because it may not be served.
 *
 * @module
 */
import type { Decision } from '../decision.js';
import type { GateRequest, Reply } from '../types.js';
import { callHook } from './call-hook.js';
import type { GateWarning } from './types.js';

/** Time after the first refusal until the warning. A refused client requests the document immediately. */
const WARN_AFTER_MS = 5_000;
/**
 * Time until the warning if the responder gets requests. It is longer, because another instance or a cache
 * may have served the document.
 */
const WARN_AFTER_MS_IF_MOUNTED = 600_000;

type Respond = (request: GateRequest) => Reply | Promise<Reply> | undefined;

export interface MetadataWatchOptions {
  /** The URL of the document, for the warning. */
  readonly url: string;
  readonly respond: Respond;
  readonly authorizationServers: readonly string[];
  readonly clock: () => number;
  readonly onWarning: (warning: GateWarning) => void;
}

export interface MetadataWatch {
  /** Answers as the given responder does, and records requests for the document. */
  readonly respond: Respond;
  /** Records a decision. An error of the application's hook or clock is ignored. */
  readonly recordDecision: (decision: Decision) => void;
}

/**
 * Compares refusals with requests for the metadata. It warns once if a request without a token is
 * refused some time after the first refusal and the document was never requested. It uses no timer.
 */
export function watchMetadata(options: MetadataWatchOptions): MetadataWatch {
  const { url, authorizationServers, clock, onWarning } = options;
  let warnAfter = WARN_AFTER_MS;
  let firstRefusal: number | undefined;
  // A document without authorization servers is of no use for clients, so they need not fetch it.
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
