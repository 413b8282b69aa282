import type { BackupOperationRequest, PatchBackup } from '#contracts/backup-requests.js';
import type { Backup, HeldBackup } from '#contracts/http/backups.js';
import type { Operation } from '#contracts/http/operations.js';
import { toPage, type Page } from '#contracts/http/page.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { operationKinds } from '#domain/operation/kinds.js';
import type { Control } from '#operations/control.js';
import { holdBackup, requestOnBackup, kindOfRequest } from '#operations/requests/request-on-backup.js';
import type { Db, Tx } from '#persistence/connection.js';
import { findBackup, lockBackup } from '#persistence/backups.js';
import { lockEnvironment } from '#persistence/environments.js';
import { pageBackups, viewBackup, type BackupFilter } from '#persistence/pages/backups.js';
import type { BackupRow, EnvironmentRow } from '#persistence/tables.js';
import { requirePermission, type Caller } from '../http/caller.js';
import { environmentReference, filterIds, isUuid, noSuchEnvironment } from '../http/references.js';
import { showOperation } from '../operations/operation-view.js';
import { holdOf, toBackup } from './backup-view.js';

interface ListQuery extends Omit<BackupFilter, 'environmentId' | 'databaseId'> {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly environment?: string | undefined;
  readonly database?: string | undefined;
}

const noSuchBackup = (text: string): HoldfastError =>
  new HoldfastError('backup_not_found', `No backup has the id ${JSON.stringify(text)}.`);

export class BackupService {
  constructor(private readonly control: Control) {}

  /** Errors: `environment_not_found`, `database_not_found`. */
  async list({ limit, cursor, environment, database, ...filter }: ListQuery): Promise<Page<Backup>> {
    const { db } = this.control;
    const where = { ...filter, ...(await filterIds(db, { environment, database })) };
    const rows = await pageBackups(db, where, { limit: limit + 1, after: cursor });
    return toPage(rows, limit, (row) => row.id, toBackup);
  }

  /** Errors: `backup_not_found`. */
  async show(id: string, db: Db | Tx = this.control.db): Promise<Backup> {
    const row = isUuid(id) ? await viewBackup(db, id) : undefined;
    if (!row) throw noSuchBackup(id);
    return toBackup(row);
  }

  /** Errors: `backup_not_found`. */
  async row(id: string): Promise<BackupRow> {
    const row = isUuid(id) ? await findBackup(this.control.db, id) : undefined;
    if (!row || row.status === 'purged') throw noSuchBackup(id);
    return row;
  }

  /** Errors: `backup_not_found`, `backup_not_complete`, `backup_in_use`. */
  async patch(actor: string, id: string, { hold }: PatchBackup): Promise<HeldBackup> {
    return this.control.db.transaction().execute(async (tx) => {
      const before = await this.locked(tx, id);
      await holdBackup(this.control, tx, actor, before, hold);
      return { ...(await this.show(id, tx)), formerHold: holdOf(before) };
    });
  }

  /** Errors: `permission_denied`, `backup_not_found`, those of the requests. */
  async request(tx: Tx, caller: Caller, id: string, request: BackupOperationRequest): Promise<Operation> {
    requirePermission(caller, operationKinds[kindOfRequest[request.type]].permission);
    const backup = await this.locked(tx, id);
    const environment = await this.environmentOf(tx, backup, request);
    const operation = await requestOnBackup(this.control, tx, caller.actor, { backup, environment }, request);
    return showOperation(tx, operation.id);
  }

  private async locked(tx: Tx, id: string): Promise<BackupRow> {
    const row = isUuid(id) ? await lockBackup(tx, id, 'no key update') : undefined;
    if (!row) throw noSuchBackup(id);
    return row;
  }

  /** The one that a restore goes to. */
  private async environmentOf(tx: Tx, backup: BackupRow, request: BackupOperationRequest): Promise<EnvironmentRow> {
    const named = request.type === 'restore' ? request.environment : undefined;
    const reference = named === undefined ? { id: backup.environment_id } : environmentReference(named);
    const row = await lockEnvironment(tx, reference, 'key share');
    if (!row || row.deleted_at !== null) throw noSuchEnvironment(named ?? backup.environment_id);
    return row;
  }
}
