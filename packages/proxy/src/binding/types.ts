/**
 * The types that the files of this folder share.
 *
 * @module
 */
import type { OwnedIdMint } from '@scopegate/core/engine';

/** What is bound, and by which gate. */
export interface BindingSettings {
  readonly sessions: boolean;
  readonly tasks: boolean;
  readonly ids: OwnedIdMint;
  /** The body of the answer to an id that is not the caller's. */
  readonly unknownId: string;
}
