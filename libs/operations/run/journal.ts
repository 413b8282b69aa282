import { appendAudit } from '#persistence/audit/append.js';
import type { Lease } from '#persistence/operations/claim.js';
import { beginStep, endStep, type StepEnd } from '#persistence/operations/journal.js';
import type { OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent, type AuditSubject } from '../requests/audit.js';
import type { CancelPoint } from './cancel-point.js';
import { Interruption } from './context.js';

/** Steps that only look; the others change something and enter the history. */
const lookingOnly = new Set(['await-ready', 'await-link', 'await-answer', 'look']);

/** Writes down each step before and after it acts. */
export class Journal {
  private ordinal = 0;

  constructor(
    private readonly control: Control,
    private readonly lease: Lease,
    private readonly operation: OperationRow,
    private readonly subject: AuditSubject,
    private readonly cancelPoint: CancelPoint,
  ) {}

  async step(name: string, act: () => Promise<void>): Promise<void> {
    this.cancelPoint.entering(name);
    const ordinal = ++this.ordinal;
    await beginStep(this.control.db, this.lease, ordinal, name, this.control.now());
    try {
      await act();
    } catch (error) {
      await this.end(name, ordinal, error instanceof Interruption ? 'interrupted' : 'failed');
      throw error;
    }
    await this.end(name, ordinal, 'succeeded');
  }

  private async end(name: string, ordinal: number, status: StepEnd): Promise<void> {
    const at = this.control.now();
    await this.control.db.transaction().execute(async (tx) => {
      await endStep(tx, this.lease, ordinal, status, at);
      if (lookingOnly.has(name)) return;
      const detail = { step: name, status, attempt: this.lease.attempt };
      await appendAudit(
        tx,
        auditEvent(at, `worker:${this.lease.owner}`, `${this.operation.kind}.step`, this.subject, detail),
      );
    });
  }
}
