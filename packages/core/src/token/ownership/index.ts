/**
 * `@scopegate/core/ownership`: ids that open only for the caller who began what they name.
 *
 * @module @scopegate/core/ownership
 */
export { ownedEventStore } from './owned-event-store.js';
export type { EventStoreLike } from './owned-event-store.js';
export { ownedTaskStore } from './owned-task-store.js';
export type { TaskLike, TaskStoreLike } from './owned-task-store.js';
export { isOwned, openOwnedId, ownedId, ownedIdAsync } from './owned-id.js';
export type { OwnedIdOptions, OwningGateLike } from './owned-id.js';
export { ownership } from './ownership.js';
export type { OwnershipOptions, OwnershipWarning } from './ownership.js';
export { openState, sealState } from './seal-state.js';
export type { OpenStateOptions, SealStateOptions } from './seal-state.js';
export type { OpenedId, OriginOperation, Ownership } from '../index.js';
