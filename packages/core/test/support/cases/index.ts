/** The table of cases, which the testkit has, and what only JWTs can be. @module */
import { badToken } from '../../../../adapter-testkit/src/cases/index.js';
import type { Case } from '../../../../adapter-testkit/src/cases/index.js';

export * from '../../../../adapter-testkit/src/cases/index.js';

export const BAD_TOKENS: readonly Case[] = [
  ...['wrongAudience', 'noAudience', 'secondAudience', 'wrongIssuer', 'issuerWithSlash'],
  ...['expired', 'noExpiry', 'expiryAsText', 'notYet', 'algNone', 'hs256Pem', 'hs256Jwk'],
  ...['idToken', 'noTyp', 'tampered', 'foreignKey', 'ownKey', 'critical', 'fiveParts', 'garbage'],
  ...['boundToKey', 'boundToCertificate', 'boundToUnknown'],
].map(badToken);
