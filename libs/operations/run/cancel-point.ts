import { mayBeCancelled } from '#domain/operation/kinds.js';
import { stepsOf } from '#persistence/operations/read.js';
import type { AttemptContext } from './context.js';
import type { LeaseKeeper } from './lease-keeper.js';

/** Knows up to which step an attempt heeds a cancel, and tells its keeper. */
export class CancelPoint {
  private constructor(
    private readonly kind: AttemptContext['operation']['kind'],
    private readonly begun: string[],
    private readonly keeper: LeaseKeeper,
  ) {
    keeper.heedCancel(this.heeded);
  }

  /** What earlier attempts have begun counts; before the first one nothing is. */
  static async of({ control, operation }: AttemptContext, keeper: LeaseKeeper): Promise<CancelPoint> {
    const steps = operation.attempt === 1 ? [] : await stepsOf(control.db, [operation.id]);
    return new CancelPoint(
      operation.kind,
      steps.map(({ name }) => name),
      keeper,
    );
  }

  get heeded(): boolean {
    return mayBeCancelled(this.kind, this.begun);
  }

  /** Errors: the reason of the interruption that came before this step was begun. */
  entering(step: string): void {
    this.begun.push(step);
    this.keeper.heedCancel(this.heeded);
    this.keeper.signal.throwIfAborted();
  }
}
