import type { CreateEnvironment } from '#contracts/database-requests.js';
import type { Environment } from '#contracts/http/environments.js';
import { toPage, type Page } from '#contracts/http/page.js';
import { environmentsInPool } from '#domain/server/addresses.js';
import { newId, type Control } from '#operations/control.js';
import { auditEvent } from '#operations/requests/audit.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { deleteEnvironment, insertEnvironment, lockEnvironment } from '#persistence/environments.js';
import { pageEnvironments, viewEnvironment, type EnvironmentView } from '#persistence/pages/environments.js';
import { environmentId, environmentReference, noSuchEnvironment } from '../http/references.js';

const toEnvironment = (row: EnvironmentView): Environment => ({
  id: row.id,
  name: row.name,
  databases: row.databases,
  createdAt: row.created_at.toISOString(),
});

export class EnvironmentService {
  constructor(private readonly control: Control) {}

  async list(limit: number, after: string | undefined): Promise<Page<Environment>> {
    const rows = await pageEnvironments(this.control.db, { limit: limit + 1, after });
    return toPage(rows, limit, (row) => row.id, toEnvironment);
  }

  /** Errors: `environment_not_found`. */
  async show(reference: string): Promise<Environment> {
    const { db } = this.control;
    const row = await viewEnvironment(db, await environmentId(db, reference));
    if (!row) throw noSuchEnvironment(reference);
    return toEnvironment(row);
  }

  /** Errors: `environment_taken`, `networks_exhausted`. */
  async create(tx: Tx, actor: string, { name }: CreateEnvironment): Promise<Environment> {
    const row = await insertEnvironment(tx, newId(), name, environmentsInPool(this.control.networkPool));
    await this.record(tx, actor, 'environment.created', row.id, name);
    return toEnvironment({ ...row, databases: 0 });
  }

  /** Its network goes later, by the hand of a worker. Errors: `environment_not_found`, `environment_not_empty`. */
  async delete(actor: string, reference: string): Promise<void> {
    await this.control.db.transaction().execute(async (tx) => {
      const row = await lockEnvironment(tx, environmentReference(reference), 'update');
      if (!row) throw noSuchEnvironment(reference);
      await deleteEnvironment(tx, row);
      await this.record(tx, actor, 'environment.deleted', row.id, row.name);
    });
  }

  private record(tx: Tx, actor: string, action: string, id: string, name: string): Promise<void> {
    return appendAudit(tx, auditEvent(this.control.now(), actor, action, { environmentId: id }, { name }));
  }
}
