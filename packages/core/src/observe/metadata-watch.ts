/**
 * Warns if metadata and guard are not mounted where clients look for them.
 *
 * @module
 */
import type { Decision } from '../decision.js';
import { withoutOrigin } from '../http/index.js';
import { WELL_KNOWN_PATH } from '../metadata/index.js';
import type { GateRequest, Reply } from '../types.js';
import { callHook } from '../call-hook.js';
import type { GateWarning } from './types.js';

/** Time after the first refusal until the warning. A refused client requests the document immediately. */
const WARN_AFTER_MS = 5_000;
/**
 * Time until the warning if the responder gets requests. It is longer, because another instance or a cache
 * may have served the document. It is also the time from a served document to the warning that no guard has
 * decided on a request.
 */
const WARN_AFTER_MS_IF_MOUNTED = 600_000;
/**
 * Time from a request for the resource, as the responder sees it, to the warning that no guard has decided on
 * a request. It is longer than a verifier, a body and a rule together may take by default.
 */
const UNGUARDED_AFTER_MS = 30_000;

type Respond = (request: GateRequest) => Reply | Promise<Reply> | undefined;

export interface MetadataWatchOptions {
  readonly resource: string;
  /** The URL of the document, for the warning. */
  readonly url: string;
  readonly respond: Respond;
  readonly authorizationServers: readonly string[];
  readonly clock: () => number;
  readonly onWarning: (warning: GateWarning) => void;
}

export interface MetadataWatch {
  /** Answers as the given responder does, and records requests for the document and the resource. */
  readonly respond: Respond;
  /** Records a decision. An error of the application's hook or clock is ignored. */
  readonly recordDecision: (decision: Decision, request: GateRequest) => void;
}

/**
 * Compares refusals with requests for the metadata, and requests for the metadata with decisions. It warns once
 *
 * - if a request without a token is refused some time after the first such refusal, and the document was
 *   never served; or if a guard refuses a request without a token for the document before it was ever served;
 * - if requests for the document or the resource come, and no guard decides on any request.
 *
 * Without authorization servers, only the second applies. No timer is used: a later request causes a warning.
 */
export function watchMetadata(options: MetadataWatchOptions): MetadataWatch {
  const { resource, url, authorizationServers, clock, onWarning } = options;
  const resourceTarget = withoutOrigin(resource);
  let warnAfter = WARN_AFTER_MS;
  let firstRefusal: number | undefined;
  // A document without authorization servers is of no use for clients, so they need not fetch it.
  let isDone = authorizationServers.length === 0;
  /** Whether a guard decided on a request, or the warning that none does was sent. */
  let isGuarded = false;
  let warnAt = Infinity;
  const warn = (code: GateWarning['code'], message: string): void => onWarning({ code, message });
  const watchGuard = (request: GateRequest, isServed: boolean): void => {
    if (!isServed && withoutOrigin(request.url) !== resourceTarget) return;
    const now = clock();
    const due = warnAt;
    warnAt = Math.min(due, now + (isServed ? WARN_AFTER_MS_IF_MOUNTED : UNGUARDED_AFTER_MS));
    if (now < due) return;
    isGuarded = true;
    return warn(
      'resource_unseen',
      `requests for ${isServed ? url : resource} come, and no guard of this gate gets any: mount protect(gate) where the server answers for \`resource\`, or put createProxy in front of a server that owns its listener`,
    );
  };
  const respond: Respond = (request) => {
    warnAfter = WARN_AFTER_MS_IF_MOUNTED;
    const reply = options.respond(request);
    isDone ||= reply !== undefined;
    if (!isGuarded) callHook(() => watchGuard(request, reply !== undefined));
    return reply;
  };
  const recordDecision = (decision: Decision, request: GateRequest): void => {
    isGuarded = true;
    if (isDone || decision.allowed || decision.reason !== 'no_credentials') return;
    callHook(() => {
      if (request.url.includes(WELL_KNOWN_PATH)) {
        isDone = true;
        return warn(
          'metadata_guarded',
          `a guard refused a request for ${url}, so no client can find out where to log in: mount resourceMetadata(gate) in front of protect(gate), at the root`,
        );
      }
      const now = clock();
      firstRefusal ??= now;
      if (now - firstRefusal < warnAfter) return undefined;
      isDone = true;
      return warn(
        'metadata_unseen',
        `callers are sent to ${url}, and no request for it came: is resourceMetadata(gate) mounted at the root, and does the proxy pass it on?`,
      );
    });
  };
  return { respond, recordDecision };
}
