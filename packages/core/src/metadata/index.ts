/** Exports the parts of RFC 9728 metadata that other folders may use. @module */
export { metadataOptions, protectedResourceMetadata } from './document.js';
export type {
  HumanReadable,
  ProtectedResourceMetadata,
  ProtectedResourceMetadataOptions,
} from './document.js';
export {
  checkUrl,
  isLoopback,
  metadataUrlsOf,
  parseUrl,
  protectedResourceMetadataUrl,
  rootMetadataUrl,
  WELL_KNOWN_PATH,
} from './resource-url.js';
export { metadataResponder } from './respond.js';
export { validateResourceMetadata } from './validate.js';
export type {
  ResourceMetadataProblem,
  ResourceMetadataProblemCode,
  ResourceMetadataVerdict,
  ValidateResourceMetadataOptions,
} from './validate.js';
