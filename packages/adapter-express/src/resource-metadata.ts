/**
 * Serves protected resource metadata.
 *
 * @module
 */
import type { Gate, Reply } from '@scopegate/core';
import { metadataOf } from '@scopegate/core/adapter';
import { fromNodeRequest, writeReply } from '@scopegate/core/node';
import type { RequestHandler } from 'express';

/**
 * Makes middleware that answers the metadata URLs of the gates, and lets every other request on.
 * Mount it at the root of the origin, in front of what guards, limits or parses requests.
 */
export function resourceMetadata(...gates: readonly Pick<Gate, 'metadata'>[]): RequestHandler {
  const respond = metadataOf(gates);
  return (req, res, next) => {
    if (req.baseUrl !== '') {
      return next(new Error(`resourceMetadata belongs at the root of the app, not ${req.baseUrl}`));
    }
    const reply = respond(fromNodeRequest(req).gateRequest);
    if (reply === undefined) return next();
    const write = (settled: Reply): void => writeReply(res, settled);
    return reply instanceof Promise ? void reply.then(write).catch(next) : write(reply);
  };
}
