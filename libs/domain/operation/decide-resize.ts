import { guard, refuse, type Decision, type ObservedContainer } from './decide-server.js';

export interface ResizeSituation {
  readonly generation: number;
  readonly container: ObservedContainer | null;
  /** Of the container, in bytes. */
  readonly limit: number;
  readonly wantedLimit: number;
  /** The server runs with what follows from the wanted size; true also for one that does not run, which does so when it starts. */
  readonly inForce: boolean;
  /** Steps that succeeded in this attempt. */
  readonly done: ReadonlySet<string>;
}

export type ResizeAction = 'look' | 'limit' | 'apply' | 'persist' | 'settle';

/**
 * The server is never allowed more memory than its container has: one that grows gets the limit first and `maxmemory` then, one that shrinks
 * the other way round, and the limit only when what it holds fits below. So it may die, or be started again, between any two steps.
 */
export const decideResize = (situation: ResizeSituation): Decision<ResizeAction> => {
  const refusal = guard(situation);
  if (refusal) return refusal;
  const { container, limit, wantedLimit, inForce, done } = situation;
  if (!container)
    return refuse('database_not_ready', 'The container is missing; reload the database to make it again.');
  if (!done.has('look')) return { next: 'look' };
  if (limit < wantedLimit) return { next: 'limit' };
  if (!inForce && done.has('apply')) {
    return refuse('server_settings_differ', 'The server does not run with what follows from its size.');
  }
  if (!inForce) return { next: 'apply' };
  if (!done.has('persist')) return { next: 'persist' };
  if (limit > wantedLimit) return { next: done.has('settle') ? 'limit' : 'settle' };
  return { next: 'finish' };
};
