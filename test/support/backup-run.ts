import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { BackupRow, OperationRow } from '#persistence/tables.js';
import { findBackup } from '#persistence/backups.js';
import type { AppProcess } from './app-process.js';
import { FaultRun } from './fault-run.js';
import type { Installation } from './installation.js';
import { backup, create, databaseRow, finished, onBackup, request, verified } from './requests.js';

export interface BackupRunOptions {
  /** Beside the directories `first` (the default) and `second`, or in place of them: what the file of stores says. */
  readonly stores?: Readonly<Record<string, object>>;
  /** Environment of the processes only, not of the test. */
  readonly ofProcesses?: Readonly<Record<string, string>>;
}

/** What every value is made of: it does not shrink when it is compressed. */
const fillScript = `
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local words = {}
  for j = 1, 26 do words[j] = redis.sha1hex(i .. ':' .. j) end
  redis.call('SET', 'key:' .. i, table.concat(words))
end
return redis.call('DBSIZE')`;

/** So many at once do not keep a client waiting. */
const slice = 2000;

/** An installation with one database that has something to lose, and stores to keep it in. */
export class BackupRun {
  /** The standing database. */
  source = '';
  private lifecycle: AppProcess | null = null;

  private constructor(
    readonly faults: FaultRun,
    readonly directory: string,
  ) {}

  static async open(
    environment: Readonly<Record<string, string>> = {},
    { stores, ofProcesses }: BackupRunOptions = {},
  ): Promise<BackupRun> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-stores-'));
    for (const name of ['first', 'second']) await mkdir(join(directory, name));
    const [first, second] = ['first', 'second'].map((name) => ({ type: 'directory', path: join(directory, name) }));
    const file = join(directory, 'stores.json');
    await writeFile(file, JSON.stringify({ stores: stores ?? { first, second } }));
    const run = new BackupRun(
      await FaultRun.open({ HOLDFAST_BACKUP_STORES_FILE: file, ...environment }, ofProcesses),
      directory,
    );
    await run.installation.start('scheduler');
    await run.wake();
    run.source = await run.provision('standing', { memoryMb: 128 });
    await run.fill(run.source, 2000);
    return run;
  }

  get installation(): Installation {
    return this.faults.installation;
  }

  async close(): Promise<void> {
    await this.faults.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Some work during which no lifecycle worker runs but those that the test starts. */
  async resting(work: () => Promise<void>): Promise<void> {
    await this.lifecycle?.end();
    try {
      await work();
    } finally {
      await this.wake();
    }
  }

  private async wake(): Promise<void> {
    this.lifecycle = await this.faults.worker();
  }

  async provision(handle: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { databaseId, operationId } = await create(this.installation, handle, more);
    await this.succeeded(operationId);
    return databaseId;
  }

  /** About a KB for each key. */
  async fill(databaseId: string, keys: number): Promise<void> {
    await this.send(databaseId, 'SET', 'kept', 'yes');
    for (let from = 1; from <= keys; from += slice)
      await this.send(databaseId, 'EVAL', fillScript, '0', String(from), String(Math.min(from + slice - 1, keys)));
  }

  /** Through one of the database's doors. */
  async send(databaseId: string, ...command: string[]): Promise<unknown> {
    return this.faults.throughDoor(databaseId, ...command);
  }

  async succeeded(operationId: string): Promise<OperationRow> {
    const operation = await finished(this.installation, operationId, 120_000);
    if (operation.status !== 'succeeded')
      throw new Error(`The ${operation.kind} ${operation.status}: ${JSON.stringify(operation.error)}`);
    return operation;
  }

  /** Waits for the verification that follows each backup. */
  async verifiedBackup(databaseId = this.source): Promise<string> {
    const { backupId, operationId } = await backup(this.installation, databaseId);
    await this.succeeded(operationId);
    await this.expectVerified(backupId);
    return backupId;
  }

  async expectVerified(backupId: string): Promise<void> {
    expect(await verified(this.installation, backupId, 120_000)).toMatchObject({
      status: 'complete',
      verification: 'verified',
      verification_detail: null,
    });
    await this.settled();
  }

  /** Nothing is under way any more. */
  async settled(): Promise<void> {
    const open = await this.installation.control.db
      .selectFrom('operations')
      .select('id')
      .where('status', 'in', ['queued', 'running', 'waiting'])
      .execute();
    for (const { id } of open) await finished(this.installation, id, 120_000);
  }

  async row(backupId: string): Promise<BackupRow> {
    const row = await findBackup(this.installation.control.db, backupId);
    if (!row) throw new Error(`There is no backup ${backupId}`);
    return row;
  }

  async restore(backupId: string): Promise<string> {
    const operationId = await onBackup(this.installation, backupId, { type: 'restore', keepCredentials: false });
    return String((await this.succeeded(operationId)).receipt?.['databaseId']);
  }

  /** It has what the standing database has. */
  async expectRestored(databaseId: string): Promise<void> {
    expect(await this.faults.throughDoors(databaseId, 'GET', 'kept')).toEqual(Array(4).fill('yes'));
    for (const command of [['DBSIZE'], ['GET', 'key:1'], ['GET', 'key:2000']])
      expect(await this.send(databaseId, ...command)).toEqual(await this.send(this.source, ...command));
  }

  /** A database is made of it, looked at and removed. */
  async expectRestores(backupId: string): Promise<void> {
    const restored = await this.restore(backupId);
    await this.expectRestored(restored);
    await this.deprovision(restored);
  }

  async deprovision(databaseId: string): Promise<void> {
    await this.succeeded(await request(this.installation, databaseId, 'deprovision'));
  }

  /** With a final backup. Returns the operation's id. */
  async askForDeprovision(databaseId: string): Promise<string> {
    const { handle } = await databaseRow(this.installation, databaseId);
    return request(this.installation, databaseId, { type: 'deprovision', confirm: handle });
  }

  async expectSound(): Promise<void> {
    expect(await this.faults.complaints()).toEqual([]);
  }
}
