import { holdBackup } from '#operations/requests/request-on-backup.js';
import { requestPurge } from '#operations/requests/request-backup.js';
import { findBackup, lockBackup, updateBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findOperation } from '#persistence/operations/read.js';
import type { BackupRow, NewBackupRow } from '#persistence/tables.js';
import { createFakeInstallation, type FakeInstallation } from './fake-installation.js';
import { backup, cancel, create, onBackup } from './requests.js';
import { storeComplaints } from './store-soundness.js';
import { storesOfFolders, type StoresOfFolders } from './stores-of-folders.js';

/** Backups of one database and their copies, in two stores that are real directories. Operations run when a test says so. */
export class BackupFamily {
  private constructor(
    readonly installation: FakeInstallation,
    readonly stores: StoresOfFolders,
    readonly databaseId: string,
  ) {}

  static async open(): Promise<BackupFamily> {
    const stores = await storesOfFolders();
    const installation = await createFakeInstallation({}, stores);
    const { databaseId, operationId } = await create(installation, 'orders');
    const family = new BackupFamily(installation, stores, databaseId);
    await family.require(operationId);
    return family;
  }

  async close(): Promise<void> {
    await this.installation.close();
    await this.stores.close();
  }

  /** What is on its way is cancelled. Returns what is wrong with the stores then. */
  async settle(): Promise<string[]> {
    const { control } = this.installation;
    const queued = control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
    for (const { id } of await queued.execute()) await cancel(this.installation, id);
    return storeComplaints({ control, stores: this.stores });
  }

  /** Returns the code of the error, or how it ended. */
  async run(operationId: string): Promise<string> {
    const outcome = await this.installation.runner().run(operationId);
    return outcome.kind === 'fail' ? outcome.code : outcome.kind;
  }

  private async require(operationId: string): Promise<void> {
    const end = await this.run(operationId);
    if (end !== 'done') throw new Error(`The operation ${operationId} ended with ${end}`);
  }

  async row(id: string): Promise<BackupRow> {
    const row = await findBackup(this.installation.control.db, id);
    if (!row) throw new Error(`There is no backup ${id}`);
    return row;
  }

  async statuses(...ids: string[]): Promise<readonly string[]> {
    return (await Promise.all(ids.map((id) => this.row(id)))).map(({ status }) => status);
  }

  async objects(id: string): Promise<number> {
    const { store, prefix } = await this.row(id);
    let count = 0;
    for await (const _ of this.stores.open(store).list(prefix, AbortSignal.timeout(10_000))) count++;
    return count;
  }

  change(id: string, patch: Partial<NewBackupRow>): Promise<void> {
    return this.installation.control.db.transaction().execute((tx) => updateBackup(tx, id, patch));
  }

  /** A complete one that nobody is about to verify. */
  async taken(): Promise<string> {
    const { backupId, operationId } = await backup(this.installation, this.databaseId);
    await this.require(operationId);
    const { db } = this.installation.control;
    const open = db.selectFrom('operations').select(['id', 'parameters']).where('status', '=', 'queued');
    for (const { id, parameters } of await open.where('kind', '=', 'verify-backup').execute())
      if (parameters['backupId'] === backupId) await cancel(this.installation, id);
    return backupId;
  }

  async askCopy(id: string): Promise<{ readonly copyId: string; readonly operationId: string }> {
    const operationId = await onBackup(this.installation, id, { type: 'copy', store: 'second' });
    const operation = await findOperation(this.installation.control.db, operationId);
    return { copyId: String(operation?.parameters['copyId']), operationId };
  }

  async copied(id: string): Promise<string> {
    const { copyId, operationId } = await this.askCopy(id);
    await this.require(operationId);
    return copyId;
  }

  async failedCopy(id: string): Promise<string> {
    const { copyId, operationId } = await this.askCopy(id);
    const { refused } = this.stores.open('second');
    refused.set('put', '');
    if ((await this.run(operationId)) !== 'backup_store_refused') throw new Error('The copy has not failed');
    refused.clear();
    return copyId;
  }

  askPurge(id: string): Promise<string> {
    return onBackup(this.installation, id, { type: 'purge', confirm: id });
  }

  async purge(id: string): Promise<void> {
    await this.require(await this.askPurge(id));
  }

  async askPurgeIn(tx: Tx, id: string): Promise<unknown> {
    return requestPurge(this.installation.control, tx, 'test', await locked(tx, id));
  }

  async holdIn(tx: Tx, id: string, reason: string | null = 'audit'): Promise<void> {
    await holdBackup(this.installation.control, tx, 'test', await locked(tx, id), reason);
  }

  hold(id: string, reason: string | null = 'audit'): Promise<void> {
    return this.installation.control.db.transaction().execute((tx) => this.holdIn(tx, id, reason));
  }
}

const locked = async (tx: Tx, id: string): Promise<BackupRow> => {
  const row = await lockBackup(tx, id, 'no key update');
  if (!row) throw new Error(`There is no backup ${id}`);
  return row;
};
