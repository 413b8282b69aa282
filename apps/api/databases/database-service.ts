import type { CreateDatabase, PatchDatabase } from '#contracts/database-requests.js';
import type { PatchEndpoints } from '#contracts/door-requests.js';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import { toPage, type Page } from '#contracts/http/page.js';
import type { ExemptionRequest } from '#contracts/lifecycle-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Control } from '#operations/control.js';
import { endExemption, exemptDatabase } from '#operations/lifecycle/exempt.js';
import { auditEvent } from '#operations/requests/audit.js';
import { requestDoorChange } from '#operations/requests/change-doors.js';
import { createDatabase } from '#operations/requests/create-database.js';
import { requestRename } from '#operations/requests/request-rename.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Db, Tx } from '#persistence/connection.js';
import { updateDatabase } from '#persistence/databases.js';
import { lockEnvironment } from '#persistence/environments.js';
import { pageDatabases, viewDatabase, type DatabaseFilter, type DatabaseView } from '#persistence/pages/databases.js';
import { viewUnfinishedOperation } from '#persistence/pages/operations.js';
import {
  databaseId,
  environmentId,
  environmentReference,
  noSuchDatabase,
  noSuchEnvironment,
} from '../http/references.js';
import { toOperation, withTarget } from '../operations/operation-view.js';
import { revealCredentials } from './credentials.js';
import type { LiveStatus } from './live-status.js';
import { endpointsOf, toDatabase } from './database-view.js';

interface ListQuery extends Omit<DatabaseFilter, 'environmentId'> {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly environment?: string | undefined;
}

export class DatabaseService {
  constructor(
    private readonly control: Control,
    private readonly live: LiveStatus,
  ) {}

  /** Errors: `environment_not_found`. */
  async list({ limit, cursor, environment, ...filter }: ListQuery): Promise<Page<Database>> {
    const { db } = this.control;
    const where =
      environment === undefined ? filter : { ...filter, environmentId: await environmentId(db, environment) };
    const rows = await pageDatabases(db, where, { limit: limit + 1, after: cursor });
    return toPage(rows, limit, (row) => row.id, toDatabase(this.control));
  }

  /** Errors: `database_not_found`. */
  async show(reference: string): Promise<Database> {
    return toDatabase(this.control)(await this.view(this.control.db, reference));
  }

  /** Errors: those of `createDatabase`, `environment_not_found`. */
  async create(
    tx: Tx,
    actor: string,
    environment: string,
    request: CreateDatabase,
  ): Promise<{ database: Database; operation: Operation }> {
    const row = await lockEnvironment(tx, environmentReference(environment), 'key share');
    if (!row) throw noSuchEnvironment(environment);
    const { database, doors, operation } = await createDatabase(this.control, tx, actor, row, request);
    const view = {
      ...database,
      environment_name: row.name,
      doors,
      replicas: [],
      mark: null,
      exemption: null,
      kept: [],
      own_certificate: null,
    };
    return { database: toDatabase(this.control)(view), operation: toOperation(withTarget(operation, view)) };
  }

  /** Changes what needs no operation, and says in the history what it was; a new handle is one. Errors: `database_not_found`, `database_not_ready`, `handle_taken`, `handle_still_answers`. */
  async patch(actor: string, reference: string, patch: PatchDatabase): Promise<Database> {
    return this.control.db.transaction().execute(async (tx) => {
      const before = await this.view(tx, reference);
      if (before.status === 'deprovisioned') {
        throw new HoldfastError('database_not_ready', `"${before.handle}" is deprovisioned.`);
      }
      const { deletionProtection = before.deletion_protection, backupsEnabled = before.backups_enabled } = patch;
      const after = { deletion_protection: deletionProtection, backups_enabled: backupsEnabled };
      await updateDatabase(tx, before.id, after);
      const subject = { environmentId: before.environment_id, databaseId: before.id };
      await appendAudit(tx, auditEvent(this.control.now(), actor, 'database.changed', subject, { ...patch }));
      const { handle = before.handle } = patch;
      if (handle !== before.handle) await requestRename(this.control, tx, actor, before, handle);
      return toDatabase(this.control)(await this.view(tx, before.id));
    });
  }

  /** Lets it off from the deprecation sweep, or ends that. Errors: `database_not_found`, those of `exemptDatabase` and `endExemption`. */
  async exempt(actor: string, reference: string, exemption: ExemptionRequest | null): Promise<Database> {
    return this.control.db.transaction().execute(async (tx) => {
      const database = await this.view(tx, reference);
      if (exemption === null) await endExemption(this.control, tx, actor, database);
      else await exemptDatabase(this.control, tx, actor, database, exemption);
      return toDatabase(this.control)(await this.view(tx, database.id));
    });
  }

  /** Errors: `database_not_found`, `database_not_ready`. */
  async credentials(actor: string, reference: string) {
    return this.control.db
      .transaction()
      .execute(async (tx) => revealCredentials(this.control, tx, actor, await this.view(tx, reference)));
  }

  /** Errors: `database_not_found`. */
  async endpoints(reference: string) {
    const database = await this.view(this.control.db, reference);
    return { items: endpointsOf(database, this.control.advertisedHost), nextCursor: null };
  }

  /** Errors: `database_not_found`, `database_not_ready`, `door_not_found`. */
  async patchEndpoints(actor: string, reference: string, patch: PatchEndpoints) {
    return this.control.db.transaction().execute(async (tx) => {
      const database = await this.view(tx, reference);
      await requestDoorChange(this.control, tx, actor, database, patch);
      return { items: endpointsOf(await this.view(tx, database.id), this.control.advertisedHost), nextCursor: null };
    });
  }

  /** What Postgres has recorded, and what a worker sees now. Errors: `database_not_found`. */
  async status(reference: string) {
    const row = await this.view(this.control.db, reference);
    const [operation, live] = await Promise.all([viewUnfinishedOperation(this.control.db, row.id), this.live.of(row)]);
    const { id, handle, status, health, role, generation } = row;
    return {
      ...{ id, handle, status, health, healthReason: row.health_reason, role, generation },
      operation: operation ? toOperation(operation) : null,
      live,
    };
  }

  private async view(db: Db | Tx, reference: string): Promise<DatabaseView> {
    const row = await viewDatabase(db, await databaseId(db, reference));
    if (!row) throw noSuchDatabase(reference);
    return row;
  }
}
