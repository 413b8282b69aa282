import type { RequestSweep } from '#contracts/lifecycle-requests.js';
import { toPage, type Page } from '#contracts/http/page.js';
import type { Sweep, SweepWithFindings } from '#contracts/http/sweeps.js';
import type { SweepKind } from '#domain/drift/sweep.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { newId, type Control } from '#operations/control.js';
import { auditEvent } from '#operations/requests/audit.js';
import { requireLoadedKeys } from '#operations/secrets/loaded-keys.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { findSweep, insertSweep, pageSweeps, type SweepRow } from '#persistence/sweeps.js';
import type { Caller } from '../http/caller.js';
import { isUuid } from '../http/references.js';

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly kind?: SweepKind | undefined;
}

export class SweepService {
  constructor(private readonly control: Control) {}

  /** What is asked as of another time only says what would be done. Errors: `master_key_not_loaded`, `configuration_invalid`. */
  async request(tx: Tx, { actor }: Caller, { kind, dryRun, asOf }: RequestSweep): Promise<Sweep> {
    if (kind === 'keys') requireLoadedKeys(this.control);
    const scope = { dry_run: dryRun ?? asOf !== undefined, as_of: asOf === undefined ? null : new Date(asOf) };
    const row = await insertSweep(tx, newId(), kind, actor, scope);
    const said = kind === 'deprecation' ? { dryRun: row.dry_run, asOf: row.as_of?.toISOString() ?? null } : {};
    await appendAudit(
      tx,
      auditEvent(this.control.now(), actor, `${kind}-sweep.requested`, {}, { sweepId: row.id, ...said }),
    );
    return toSweep(row);
  }

  async list({ limit, cursor, kind }: ListQuery): Promise<Page<Sweep>> {
    const rows = await pageSweeps(this.control.db, kind, { limit: limit + 1, after: cursor });
    return toPage(rows, limit, (row) => row.id, toSweep);
  }

  /** Errors: `sweep_not_found`. */
  async show(id: string): Promise<SweepWithFindings> {
    const row = isUuid(id) ? await findSweep(this.control.db, id) : undefined;
    if (!row) throw new HoldfastError('sweep_not_found', `No sweep has the id ${JSON.stringify(id)}.`);
    return { ...toSweep(row), findings: [...row.findings] };
  }
}

const toSweep = (row: SweepRow): Sweep => ({
  id: row.id,
  kind: row.kind,
  status: row.status,
  dryRun: row.dry_run,
  asOf: row.as_of?.toISOString() ?? null,
  requestedBy: row.requested_by,
  counts: row.counts && { ...row.counts },
  error: row.error,
  createdAt: row.created_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.finished_at?.toISOString() ?? null,
});
