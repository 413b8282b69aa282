import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { KindHandler } from '../kinds/kind.js';
import type { AttemptContext } from './context.js';

const mostActions = 40;

/**
 * The way back of a kind that leads somewhere else than it was asked to: looks, decides and acts as an attempt does, without a journal. `done` names
 * what need not be done. Returns what is left when it cannot.
 */
export const undoBy = async <Situation, Action extends string>(
  { observe, decide, actions }: Pick<KindHandler<Situation, Action>, 'observe' | 'decide' | 'actions'>,
  context: AttemptContext,
  what: string,
  done: ReadonlySet<string>,
): Promise<readonly string[]> => {
  const made = new Set(done);
  try {
    for (let count = 0; count < mostActions; count++) {
      const decision = decide(await observe(context, made));
      if (decision.next === 'finish') return [];
      if ('detail' in decision) throw new HoldfastError(decision.code, decision.detail);
      await actions[decision.next](context);
      made.add(decision.next);
    }
    return [`${what}: it does not come to an end`];
  } catch (error) {
    return [`${what}: ${error instanceof HoldfastError ? error.detail : String(error)}`];
  }
};
