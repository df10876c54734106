/**
 * A token that cannot change: a script's, from its environment. It asks for nothing, and its errors
 * say what the token lacks: "add_note needs notes:write: cannot_authorize".
 *
 * @module
 */
import { stepUpFetch } from '@scopegate/client';
import type { StepUpFetch } from '@scopegate/client';

export function staticTokenFetch(resource: string, token: string): StepUpFetch {
  return stepUpFetch({ resource, token: () => token });
}
