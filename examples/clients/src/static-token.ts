/**
 * A fixed token, such as a script's from its environment. It never steps up, and its errors say which scope
 * is missing: "add_note needs notes:write: cannot_authorize".
 *
 * @module
 */
import { stepUpFetch } from '@scopegate/client';
import type { StepUpFetch } from '@scopegate/client';

export function staticTokenFetch(resource: string, token: string): StepUpFetch {
  return stepUpFetch({ resource, token: () => token });
}
