/**
 * `@scopegate/testing`: for tests, an issuer, good and bad tokens, and a check of a whole resource. Not for
 * production.
 *
 * @module @scopegate/testing
 */
export { adversarialTokens } from './adversarial-tokens.js';
export type { AdversarialToken, AdversarialTokensOptions } from './adversarial-tokens.js';
export { checkResource } from './check-resource.js';
export type { CheckResourceOptions } from './check-resource.js';
export { explainToken, formatExplanation } from './explain-token.js';
export type { TokenCheck, TokenExplanation } from './explain/types.js';
export { formatFindings } from './format-findings.js';
export type { Finding, ResourceReport } from './resource/report.js';
export { listenTestIssuer } from './listen-test-issuer.js';
export type { ListeningTestIssuer } from './listen-test-issuer.js';
export type { MintOptions } from './mint.js';
export { createTestIssuer } from './test-issuer.js';
export type { TestIssuer, TestIssuerOptions } from './test-issuer.js';
