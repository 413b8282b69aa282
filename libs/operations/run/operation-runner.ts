import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { operationKinds } from '#domain/operation/kinds.js';
import type { Outcome } from '#domain/operation/outcome.js';
import { faultPoints } from '#observability/fault-points.js';
import { isStoreUnreachable } from '#persistence/connection.js';
import { claimOperation, oweUnclaimed, type Lease } from '#persistence/operations/claim.js';
import { stepsOf } from '#persistence/operations/read.js';
import { LeaseLost } from '#persistence/operations/transition.js';
import type { OperationRow } from '#persistence/tables.js';
import { kindRunners } from '../kinds/registry.js';
import { CancelPoint } from './cancel-point.js';
import { classify, isUnexpected, type Verdict } from './classify.js';
import { Interruption, type AttemptContext } from './context.js';
import { cancel, fail, release, succeed, waitForRetry } from './finish.js';
import { Journal } from './journal.js';
import { LeaseKeeper } from './lease-keeper.js';
import { openAttempt } from './open-attempt.js';
import type { RunnerOptions } from './runner-options.js';

/** A worker that dies ends an attempt as well; an operation that ends every worker must not go on for ever. */
const lossesForEachAttempt = 3;

/** Runs operations: one attempt for each call of `run`. The row decides whether there is anything to do. Any of `stops` releases it. */
export class OperationRunner {
  private readonly running = new Map<string, LeaseKeeper>();

  constructor(private readonly options: RunnerOptions) {}

  async run(operationId: string, ...stops: readonly AbortSignal[]): Promise<Outcome> {
    const { control, worker, leaseMs } = this.options;
    const claimedAtMs = performance.now();
    const claimed = await claimOperation(control.db, operationId, worker, leaseMs);
    if (!claimed) {
      await oweUnclaimed(control.db, operationId);
      return { kind: 'not-claimed' };
    }
    const lease: Lease = { operationId, owner: worker, attempt: claimed.attempt };
    const deadlineMs = operationKinds[claimed.kind].timeoutMs;
    const keeper = new LeaseKeeper(control.db, lease, { leaseMs, deadlineMs, stops, claimedAtMs });
    this.running.set(operationId, keeper);
    keeper.start();
    try {
      await faultPoints.reached(`${claimed.kind}:claimed`);
      return await this.attempt(claimed, lease, keeper);
    } catch (error) {
      if (error instanceof LeaseLost || isStoreUnreachable(error)) return { kind: 'not-claimed' };
      throw error;
    } finally {
      keeper.stop();
      // A later attempt of the same operation may have begun here already.
      if (this.running.get(operationId) === keeper) this.running.delete(operationId);
    }
  }

  /** A cancel was asked for: an operation that runs here looks at once. */
  cancelRequested(operationId: string): void {
    void this.running.get(operationId)?.renew();
  }

  private async attempt(claimed: OperationRow, lease: Lease, keeper: LeaseKeeper): Promise<Outcome> {
    const context = await openAttempt(this.options, claimed, lease, keeper);
    await faultPoints.reached(`${claimed.kind}:opened`);
    const runner = kindRunners[claimed.kind];
    const { environment, database, operation } = context;
    const subject = { environmentId: environment.id, databaseId: database.id, operationId: operation.id };
    try {
      const point = await CancelPoint.of(context, keeper);
      if (claimed.cancel_requested_at && point.heeded) throw new Interruption('cancel');
      requireBegun(context);
      requireLossLeft(claimed);
      await runner.drive(context, new Journal(context.control, lease, operation, subject, point));
      await faultPoints.reached(`${claimed.kind}:finishing`);
      await succeed(context, lease, await runner.receipt(context));
      await faultPoints.reached(`${claimed.kind}:finished`);
      return { kind: 'done' };
    } catch (thrown) {
      const verdict = classify(claimed.kind, claimed.attempt, thrown, keeper.signal);
      if ('error' in verdict && isUnexpected(thrown)) this.options.onUnexpected(thrown, operation.id);
      return this.conclude(context, lease, await persevered(context, thrown, verdict), keeper.lost);
    }
  }

  private async conclude(context: AttemptContext, lease: Lease, verdict: Verdict, lost: AbortSignal): Promise<Outcome> {
    switch (verdict.end) {
      case 'retry': {
        const dueAt = new Date(context.control.now().getTime() + verdict.delayMs);
        await waitForRetry(context, lease, verdict.error, dueAt);
        return { kind: 'retry', dueAt };
      }
      case 'fail':
        await fail(context, lease, verdict.error, await compensate(context, lost));
        return { kind: 'fail', code: verdict.error.code };
      case 'cancel':
        await cancel(context, lease, await compensate(context, lost));
        return { kind: 'cancelled' };
      case 'release':
        await release(context, lease);
        return { kind: 'released' };
      case 'abandon':
        return { kind: 'not-claimed' };
    }
  }
}

/** The last attempt was not the last when the kind may not leave things as they are. */
const persevered = async (context: AttemptContext, thrown: unknown, verdict: Verdict): Promise<Verdict> => {
  const transient = thrown instanceof HoldfastError && thrown.disposition === 'retry';
  if (verdict.end !== 'fail' || !transient) return verdict;
  const { kind } = context.operation;
  if (!(await kindRunners[kind].perseveres?.(context))) return verdict;
  return { end: 'retry', error: thrown, delayMs: operationKinds[kind].backoff.maximumMs };
};

const requireBegun = ({ begun, database }: AttemptContext): void => {
  if (begun) return;
  throw new HoldfastError('database_not_ready', `The database "${database.handle}" is ${database.status}.`);
};

/** Attempts that ended in another way do not count: a persevering operation may wait for its engine as long as that is away. */
const requireLossLeft = ({ kind, losses }: OperationRow): void => {
  if (losses < lossesForEachAttempt * operationKinds[kind].attempts) return;
  throw new HoldfastError('attempts_exhausted', `${losses} attempts ended with the loss of their worker.`);
};

/** What no step has begun to make is not there to be removed: an engine that is away all the time leaves nothing behind. */
const compensate = async (context: AttemptContext, lost: AbortSignal): Promise<readonly string[]> => {
  const { kind } = context.operation;
  const undo = kindRunners[kind].compensate;
  if (!undo || !context.begun) return [];
  if ((await stepsOf(context.control.db, [context.operation.id])).length === 0) return [];
  await context.log('info', 'Removing what was made.');
  await faultPoints.reached('compensation:begun');
  return undo({ ...context, signal: AbortSignal.any([lost, AbortSignal.timeout(operationKinds[kind].undoMs)]) });
};
