import { stepsOf } from '#persistence/operations/read.js';
import type { AttemptContext } from '../run/context.js';

export interface Progress {
  /** A step that moves the role was begun, and is not the one that runs now. */
  readonly begun: boolean;
  /** Such a step has succeeded, and the role was not given back since: the candidate took writes. */
  readonly moved: boolean;
  /** What was last made sure of so that the former primary cannot come back and take writes. */
  readonly fencedBy: 'fence' | 'fence-source' | null;
  readonly fenceBegun: boolean;
}

/** Steps that move the role. */
export const moving: ReadonlySet<string> = new Set(['switch', 'take-over']);

/** How far a promotion has come, by the steps of all its attempts. */
export const progressOf = async ({ control, operation }: AttemptContext): Promise<Progress> => {
  const steps = await stepsOf(control.db, [operation.id]);
  const succeeded = steps.filter(({ status }) => status === 'succeeded').map(({ name }) => name);
  const last = succeeded.findLast((name) => moving.has(name) || name === 'give-back');
  const fencedBy = succeeded.findLast((name) => name === 'fence' || name === 'fence-source');
  return {
    begun: steps.some(
      ({ name, attempt, status }) => moving.has(name) && (attempt < operation.attempt || status === 'succeeded'),
    ),
    moved: last !== undefined && moving.has(last),
    fencedBy: fencedBy === 'fence' || fencedBy === 'fence-source' ? fencedBy : null,
    fenceBegun: steps.some(({ name }) => name === 'fence'),
  };
};
