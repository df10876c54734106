/** All suites of an adapter. @module */
import type { Parser } from '../harness.js';
import { down, verifier } from '../tokens.js';
import { createRoutes } from '../gates.js';
import { abortSuite } from './aborts.js';
import { answerSuite } from './answers.js';
import { attackSuites } from './attacks.js';
import { otherMiddlewareSuites } from './other-middleware.js';
import { callerSuites } from './callers.js';
import { connectionSuite } from './connections.js';
import { handlerRefusalSuite } from './handler-refusals.js';
import { hostileHeaderSuite } from './hostile-headers.js';
import { metadataSuites } from './metadata.js';
import { pathSuites } from './paths.js';
import { preflightSuite } from './preflights.js';
import { sizeSuite } from './sizes.js';
import { streamSuite } from './streams.js';
import { streamReaderSuite } from './stream-readers.js';
import type { Suite } from './suite.js';
import { thrownSuite } from './thrown.js';
import { tokenFromSuite } from './token-from.js';

export { answerSuite } from './answers.js';
export type { Check, Suite } from './suite.js';

/**
 * Returns every suite, for a framework whose JSON parser can be in these places.
 *
 * @param hasStreams - whether handlers can read Node's request
 */
export function allSuites(parsers: readonly Parser[], hasStreams = false): readonly Suite[] {
  const routes = createRoutes({ verifier, down });
  return [
    ...parsers.map((parser) => answerSuite(parser, { routes })),
    ...metadataSuites(routes),
    ...otherMiddlewareSuites(routes),
    preflightSuite(),
    ...callerSuites(routes),
    tokenFromSuite(),
    thrownSuite(routes),
    handlerRefusalSuite(),
    streamSuite(routes),
    ...(hasStreams ? [streamReaderSuite(routes)] : []),
    connectionSuite(routes),
    sizeSuite(routes),
    hostileHeaderSuite(routes),
    abortSuite(routes),
    ...pathSuites(routes),
    ...parsers.flatMap(attackSuites),
  ];
}
