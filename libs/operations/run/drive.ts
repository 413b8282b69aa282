import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints, stepPoint } from '#observability/fault-points.js';
import type { KindHandler } from '../kinds/kind.js';
import type { AttemptContext } from './context.js';
import type { Journal } from './journal.js';

/** Far above what any kind needs; a decision that never ends is a defect and must not spin. */
const mostActions = 100;

/** Observe, decide, act, until nothing is left to do. Errors: those of the actions, and the refusals of the decision. */
export const drive = async <Situation, Action extends string>(
  handler: KindHandler<Situation, Action>,
  context: AttemptContext,
  journal: Journal,
): Promise<void> => {
  const { kind } = context.operation;
  const done = new Set<string>();
  for (let count = 0; count < mostActions; count++) {
    context.signal.throwIfAborted();
    const decision = handler.decide(await handler.observe(context, done));
    if (decision.next === 'finish') return;
    if ('detail' in decision) throw new HoldfastError(decision.code, decision.detail);
    const action = decision.next;
    await journal.step(action, async () => {
      await faultPoints.reached(stepPoint(kind, action, 'begun'));
      await handler.actions[action](context);
      await faultPoints.reached(stepPoint(kind, action, 'acted'));
    });
    await faultPoints.reached(stepPoint(kind, action, 'recorded'));
    // Last done, last in line.
    done.delete(action);
    done.add(action);
  }
  throw new Error(`Operation ${context.operation.id} did not come to an end in ${mostActions} actions`);
};
