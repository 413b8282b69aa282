import { randomBytes } from 'node:crypto';
import { readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { BackupManifest } from '#contracts/backup-manifest.js';
import { defaultPolicy } from '#domain/backup/policy.js';
import type { ObjectStore } from '#engine/ports/object-store.js';
import { adoptBackup } from '#operations/backup/discovery/adopt.js';
import { backupPrefix, dataKey, manifestKey } from '#operations/backup/location.js';
import { readManifest, writeManifest } from '#operations/backup/manifest-file.js';
import { once } from '#operations/backup/take.js';
import { newId } from '#operations/control.js';
import { recordBackup } from '#operations/requests/request-backup.js';
import { newCredentials } from '#operations/requests/create-database.js';
import { parseMasterKeys } from '#operations/secrets/master-key.js';
import { SecretBox } from '#operations/secrets/secret-box.js';
import { writePolicy } from '#persistence/backup-policies.js';
import { updateBackup } from '#persistence/backups.js';
import { insertCredentials } from '#persistence/credentials.js';
import type { BackupRow } from '#persistence/tables.js';
import type { FaultRun } from './fault-run.js';
import { recordDatabases } from './lifecycle.js';
import { backup, cancel, databaseRow } from './requests.js';

const dayMs = 86_400_000;
const signal = new AbortController().signal;
const daysAgo = (days: number): Date => new Date(Date.now() - days * dayMs);

/** What a sweep about backups has to do with, and what it made of that, in words that are the same each time. */
export class BackupSweepScenes {
  /** Of this scene, in the order in which they were made. */
  private databases: string[] = [];
  private backups: string[] = [];
  private made = 0;

  constructor(private readonly run: FaultRun) {}

  private get control() {
    return this.run.installation.control;
  }
  private get store(): ObjectStore {
    return this.run.engines.stores.open('default');
  }
  private get folder(): string {
    return join(this.run.installation.home, 'backups');
  }

  /** Three databases whose backups are due and whose alert is, and one that comes under its schedule just now. */
  async schedule(): Promise<void> {
    await this.record(4);
    const { db } = this.control;
    await sql`UPDATE databases SET provisioned_at = ${daysAgo(10)} WHERE id = ANY(${this.databases}::uuid[])`.execute(
      db,
    );
    await sql`
      INSERT INTO backup_schedules (database_id, served_at, since)
      SELECT id, ${daysAgo(3)}, ${daysAgo(5)} FROM unnest(${this.databases.slice(0, 3)}::uuid[]) AS id`.execute(db);
  }

  /** Two databases with backups that no policy keeps, one whose operation ended without it, and what lies about in the store. */
  async retention(): Promise<void> {
    await this.record(2);
    const [one = '', two = ''] = this.databases;
    const { environment_id: environmentId } = await databaseRow(this.run.installation, one);
    const policy = { ...defaultPolicy, daily: 1, monthly: 0, yearly: 0 };
    await this.control.db.transaction().execute((tx) => writePolicy(tx, environmentId, policy));
    await this.aged(one, 41, 40, 1);
    await this.aged(two, 40, 1);
    const abandoned = await backup(this.run.installation, two);
    this.backups.push(abandoned.backupId);
    await cancel(this.run.installation, abandoned.operationId);
    await this.change(abandoned.backupId, { status: 'running', error: null });
    for (const at of [daysAgo(3), daysAgo(3), daysAgo(3), new Date()]) await this.leaveStray(at);
  }

  /** Backups that were checked long ago: four of them have their turn when a sweep comes once a day. */
  async verification(): Promise<void> {
    await this.record(1);
    await this.aged(this.databases[0] ?? '', ...Array.from({ length: 46 }, (_, index) => 90 - index));
  }

  /** Three whole backups in the store that no row names. */
  async discovery(): Promise<void> {
    const databaseId = newId();
    this.databases = [databaseId];
    for (let count = 0; count < 3; count++) await this.leaveBackup(databaseId);
  }

  /** Passwords and backups under the master key that the test began with. */
  async keys(): Promise<void> {
    await this.discovery();
    for (const id of this.backups) {
      const { place, opened } = await this.storedBackup(id);
      await adoptBackup(this.control, { store: 'default', ...place }, opened);
    }
    await this.record(2);
    const { db, secrets } = this.control;
    for (const id of this.databases)
      await db.transaction().execute((tx) => insertCredentials(tx, id, newCredentials(secrets, id)));
  }

  async found(): Promise<unknown> {
    const { db } = this.control;
    const operations = await db.selectFrom('operations').select(['kind', 'parameters', 'status']).execute();
    const { rows: events } = await sql<{ database_id: string; action: string }>`
      SELECT database_id, action FROM audit_events
      WHERE database_id = ANY(${this.databases}::uuid[]) AND actor LIKE 'sweep:%'`.execute(db);
    const rows = await db.selectFrom('backups').selectAll().where('database_id', 'in', this.databases).execute();
    return {
      operations: operations
        .filter(({ status }) => status === 'queued')
        .map(({ kind, parameters }) => `${kind} ${this.nameOf(rows, String(parameters['backupId']))}`)
        .sort(),
      events: events.map(({ action, database_id: id }) => `${action} ${this.databases.indexOf(id)}`).sort(),
      backups: rows.map((row) => `${this.nameOf(rows, row.id)} ${row.status} ${row.hold_reason ?? ''}`).sort(),
      alerts: await this.count('backup_alerts'),
      schedules: await this.count('backup_schedules'),
      objects: (await this.keysBelow('holdfast/')).length,
      sealed: await this.sealedUnder(rows),
    };
  }

  /** Nothing of the scene is of interest to another sweep. */
  async forget(): Promise<void> {
    const { db } = this.control;
    const queued = await db.selectFrom('operations').select('id').where('status', '=', 'queued').execute();
    for (const { id } of queued) await cancel(this.run.installation, id);
    await sql`UPDATE backups SET status = 'purged'`.execute(db);
    await sql`UPDATE databases SET status = 'deprovisioned'`.execute(db);
    await sql`DELETE FROM credentials`.execute(db);
    await sql`DELETE FROM backup_alerts`.execute(db);
    await sql`DELETE FROM backup_schedules`.execute(db);
    await rm(this.folder, { recursive: true, force: true });
    [this.databases, this.backups] = [[], []];
  }

  /** Every key of the file, as a process that starts now has it. */
  async secrets(): Promise<SecretBox> {
    return new SecretBox(await this.masterKeys());
  }

  private async masterKeys() {
    return parseMasterKeys(await readFile(join(this.run.installation.home, 'master.key'), 'utf8'));
  }

  private async record(count: number): Promise<void> {
    const versions = Array.from({ length: count }, () => '8.0');
    this.databases.push(...(await recordDatabases(this.control, versions, this.made)));
    this.made += count;
  }

  /** Verified automatic backups of so many days ago, without objects. */
  private async aged(databaseId: string, ...days: number[]): Promise<void> {
    const { control } = this;
    const database = await databaseRow(this.run.installation, databaseId);
    const asked = await backup(this.run.installation, databaseId);
    await cancel(this.run.installation, asked.operationId);
    await this.change(asked.backupId, { status: 'purged' });
    const operation = { id: asked.operationId };
    for (const age of days) {
      const id = newId();
      await control.db
        .transaction()
        .execute((tx) => recordBackup(control, tx, { id, kind: 'automatic', database, actor: 'test', operation }));
      const at = daysAgo(age);
      const proven = { verification: 'verified', verified_at: at, checked_at: at } as const;
      await this.change(id, { status: 'complete', snapshot_at: at, completed_at: at, ...proven });
      this.backups.push(id);
    }
  }

  private change(id: string, patch: Parameters<typeof updateBackup>[2]): Promise<void> {
    return this.control.db.transaction().execute((tx) => updateBackup(tx, id, patch));
  }

  private async leaveStray(at: Date): Promise<void> {
    const key = dataKey(backupPrefix(await this.installationId(), newId()), 1);
    await this.store.put(key, once(Buffer.from('bytes')), signal);
    await utimes(join(this.folder, key), at, at);
  }

  private async leaveBackup(databaseId: string): Promise<void> {
    const backupId = newId();
    const prefix = backupPrefix(await this.installationId(), backupId);
    const body = Buffer.from('bytes');
    await this.store.put(dataKey(prefix, 1), once(body), signal);
    const manifest = manifestOf(backupId, databaseId, await this.installationId(), dataKey(prefix, 1), body.length);
    const { file } = writeManifest(this.control.secrets, manifest, { dataKey: randomBytes(32), tenantPasswords: [] });
    await this.store.put(manifestKey(prefix, 1), once(file), signal);
    this.backups.push(backupId);
  }

  private async storedBackup(backupId: string, secrets = this.control.secrets) {
    const prefix = backupPrefix(await this.installationId(), backupId);
    const place = { prefix, manifestKey: manifestKey(prefix, 1) };
    const file = await readFile(join(this.folder, place.manifestKey));
    return { place, opened: readManifest(secrets, backupId, file) };
  }

  /** Versions of the master key that still open something; every manifest opens, and is the one that its row repeats. */
  private async sealedUnder(rows: readonly BackupRow[]): Promise<string[]> {
    const newest = (await this.masterKeys()).at(-1);
    const credentials = await this.control.db.selectFrom('credentials').select('password_sealed').execute();
    const of = (sealed: string): string => (sealed.startsWith(`${String(newest?.version)}:`) ? 'newest' : 'older');
    const found = credentials.map(({ password_sealed: sealed }) => `password ${of(sealed)}`);
    for (const { id, envelope } of rows.filter((row) => row.envelope !== null)) {
      const { opened } = await this.storedBackup(id, await this.secrets());
      const isSame = opened.sealedEnvelope === envelope ? 'as its manifest' : 'other than its manifest';
      found.push(`envelope ${of(envelope ?? '')}, ${isSame}`);
    }
    return found.sort();
  }

  private nameOf(rows: readonly BackupRow[], id: string): string {
    const index = this.backups.indexOf(id);
    if (index >= 0) return `backup ${index}`;
    const row = rows.find((one) => one.id === id);
    return row ? `a new one of ${this.databases.indexOf(row.database_id)}` : 'one of another scene';
  }

  private async count(table: 'backup_alerts' | 'backup_schedules'): Promise<number> {
    const { rows } = await sql`
      SELECT FROM ${sql.table(table)} WHERE database_id = ANY(${this.databases}::uuid[])`.execute(this.control.db);
    return rows.length;
  }

  private async keysBelow(prefix: string): Promise<string[]> {
    const keys = [];
    for await (const { key } of this.store.list(prefix, signal)) keys.push(key);
    return keys;
  }

  private async installationId(): Promise<string> {
    return (await this.control.db.selectFrom('installation').select('id').executeTakeFirstOrThrow()).id;
  }
}

const manifestOf = (
  backupId: string,
  databaseId: string,
  installationId: string,
  key: string,
  storedBytes: number,
): BackupManifest => ({
  ...{ format: 1, backupId, kind: 'manual', installation: { id: installationId, name: 'lost' } },
  environment: { id: installationId, name: 'default' },
  database: {
    ...{ id: databaseId, handle: `lost-${databaseId.slice(-8)}`, version: '8.0', image: 'x', tlsProtocols: [] },
    ...{ persistence: 'aof', memoryMb: 64, diskGb: 1, tlsOnly: false, maxmemoryPolicy: 'noeviction', settings: {} },
  },
  source: { databaseId, role: 'primary', replicationId: '0'.repeat(40), offset: 0, usedMemoryBytes: 1 },
  ...{ startedAt: daysAgo(2).toISOString(), finishedAt: daysAgo(2).toISOString() },
  object: {
    ...{ key, codec: 'zstd', clearBytes: 1, storedBytes },
    ...{ clearSha256: '0'.repeat(64), storedSha256: '0'.repeat(64) },
  },
  contents: { unreadable: 'nothing' },
});
