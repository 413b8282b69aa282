import { sql, type Selectable } from 'kysely';
import { defaultPolicy, effectivePolicy, type BackupPolicy, type DatabaseBackupPolicy } from '#domain/backup/policy.js';
import type { Db, Tx } from './connection.js';
import type { DatabaseRow, Tables } from './tables.js';

const toPolicy = (row: Selectable<Tables['backup_policies']>): BackupPolicy => {
  const { daily, monthly, yearly, schedule, store } = row;
  return {
    ...{ daily, monthly, yearly, schedule, store },
    makeCopy: row.make_copy,
    keepFinal: row.keep_final,
    timeZone: row.time_zone,
    copyStore: row.copy_store,
    maximumAgeHours: row.maximum_age_hours,
  };
};

const toOwnPolicy = (row: Selectable<Tables['database_backup_policies']>): DatabaseBackupPolicy => {
  const { daily, monthly, yearly, schedule } = row;
  return { daily, monthly, yearly, schedule, timeZone: row.time_zone, maximumAgeHours: row.maximum_age_hours };
};

/** What an environment promises; the default when nothing was said. */
export const policyOfEnvironment = async (db: Db | Tx, environmentId: string): Promise<BackupPolicy> => {
  const row = await db
    .selectFrom('backup_policies')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .executeTakeFirst();
  return row ? toPolicy(row) : defaultPolicy;
};

/** What a database has otherwise than its environment. */
export const ownPolicyOf = async (db: Db | Tx, databaseId: string): Promise<DatabaseBackupPolicy | undefined> => {
  const row = await db
    .selectFrom('database_backup_policies')
    .selectAll()
    .where('database_id', '=', databaseId)
    .executeTakeFirst();
  return row && toOwnPolicy(row);
};

/** What holds for a database. */
export const policyOf = async (
  db: Db | Tx,
  database: Pick<DatabaseRow, 'id' | 'environment_id'>,
): Promise<BackupPolicy> =>
  effectivePolicy(await policyOfEnvironment(db, database.environment_id), await ownPolicyOf(db, database.id));

/** Of all databases at once: what holds for each. */
export const policyBook = async (
  db: Db | Tx,
): Promise<(database: Pick<DatabaseRow, 'id' | 'environment_id'>) => BackupPolicy> => {
  const [environments, databases] = await Promise.all([
    db.selectFrom('backup_policies').selectAll().execute(),
    db.selectFrom('database_backup_policies').selectAll().execute(),
  ]);
  const promised = new Map(environments.map((row) => [row.environment_id, toPolicy(row)]));
  const own = new Map(databases.map((row) => [row.database_id, toOwnPolicy(row)]));
  return (database) => effectivePolicy(promised.get(database.environment_id) ?? defaultPolicy, own.get(database.id));
};

export const writePolicy = async (tx: Tx, environmentId: string, policy: BackupPolicy): Promise<void> => {
  const { daily, monthly, yearly, schedule, store } = policy;
  const row = {
    ...{ daily, monthly, yearly, schedule, store },
    make_copy: policy.makeCopy,
    keep_final: policy.keepFinal,
    time_zone: policy.timeZone,
    copy_store: policy.copyStore,
    maximum_age_hours: policy.maximumAgeHours,
    updated_at: sql<Date>`now()`,
  };
  await tx
    .insertInto('backup_policies')
    .values({ environment_id: environmentId, ...row })
    .onConflict((conflict) => conflict.column('environment_id').doUpdateSet(row))
    .execute();
};

export const writeOwnPolicy = async (tx: Tx, databaseId: string, policy: DatabaseBackupPolicy): Promise<void> => {
  const { daily, monthly, yearly, schedule } = policy;
  const row = {
    ...{ daily, monthly, yearly, schedule },
    time_zone: policy.timeZone,
    maximum_age_hours: policy.maximumAgeHours,
    updated_at: sql<Date>`now()`,
  };
  await tx
    .insertInto('database_backup_policies')
    .values({ database_id: databaseId, ...row })
    .onConflict((conflict) => conflict.column('database_id').doUpdateSet(row))
    .execute();
};

/** Nobody else changes the policies of the environment, or lets a backup go by them, until the transaction ends. */
export const lockPolicies = async (tx: Tx, environmentId: string): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('holdfast.backup-policy', 0) # hashtextextended(${environmentId}, 0))`.execute(
    tx,
  );
};
