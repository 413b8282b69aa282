import type { Decision } from '#domain/operation/decide-server.js';
import type { Tx } from '#persistence/connection.js';
import type { OperationError, OperationReceipt } from '#persistence/operation-documents.js';
import type { AttemptContext } from '../run/context.js';

export interface OperationEnd {
  readonly event: 'succeed' | 'fail' | 'cancel';
  /** Of a failure. */
  readonly error?: OperationError;
}

/**
 * One kind of operation: look at the host, decide one next action, do it, look again. That alone makes it resumable:
 * a new attempt looks first, so it neither repeats what is done nor trusts what an earlier one had planned.
 */
export interface KindHandler<Situation, Action extends string> {
  readonly observe: (context: AttemptContext, done: ReadonlySet<string>) => Promise<Situation>;
  readonly decide: (situation: Situation) => Decision<Action>;
  readonly actions: { readonly [Name in Action]: (context: AttemptContext) => Promise<void> };
  /** Removes what a failed or cancelled operation made. Returns what it could not. Missing when there is nothing to undo. */
  readonly compensate?: (context: AttemptContext) => Promise<readonly string[]>;
  /**
   * Asked when an error that may pass has come back too often: true when what was begun must not be left as it is. The operation then
   * goes on until it is done, at the longest wait of its kind.
   */
  readonly perseveres?: (context: AttemptContext) => Promise<boolean>;
  /** Asked when it failed, in the transaction that writes it: true when its database is as it was before. */
  readonly untouched?: (tx: Tx, context: AttemptContext) => Promise<boolean>;
  /** What the end means beyond the database's status, in the transaction that writes it. */
  readonly ended?: (tx: Tx, context: AttemptContext, end: OperationEnd) => Promise<void>;
  readonly receipt: (context: AttemptContext) => OperationReceipt | Promise<OperationReceipt>;
}
