import type { Control } from '#operations/control.js';
import { claimOperation, type Lease } from '#persistence/operations/claim.js';
import { appendLog, beginStep, endStep } from '#persistence/operations/journal.js';
import { endAttempt } from '#persistence/operations/transition.js';

/** Takes an operation through its life by hand, as a worker records it, without an engine. */
export class HandMadeRun {
  private constructor(
    private readonly control: Control,
    private readonly lease: Lease,
  ) {}

  static async claim(control: Control, operationId: string): Promise<HandMadeRun> {
    const row = await claimOperation(control.db, operationId, 'by-hand', 60_000);
    if (!row) throw new Error(`Operation ${operationId} cannot be claimed`);
    return new HandMadeRun(control, { operationId, owner: 'by-hand', attempt: row.attempt });
  }

  async step(ordinal: number, name: string, log: string): Promise<void> {
    const { db } = this.control;
    await beginStep(db, this.lease, ordinal, name, new Date());
    await db.transaction().execute(async (tx) => {
      await endStep(tx, this.lease, ordinal, 'succeeded', new Date());
      await appendLog(tx, this.lease.operationId, 'info', log);
    });
  }

  end(event: 'succeed' | 'fail'): Promise<void> {
    const detail = { detail: 'Made to fail.', remedy: 'None.', leftBehind: [] };
    const error = event === 'fail' ? { code: 'engine_error' as const, ...detail } : null;
    return this.control.db
      .transaction()
      .execute((tx) => endAttempt(tx, this.lease, { event, error, receipt: { madeBy: 'hand' } }));
  }
}
