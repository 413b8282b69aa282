import type { PutOwnPolicy, PutPolicy } from '#contracts/http/backup-policies.js';
import { effectivePolicy, type BackupPolicy, type DatabaseBackupPolicy } from '#domain/backup/policy.js';
import { changeOwnPolicy, changePolicy, noOwnPolicy } from '#operations/backup/policy/change-policy.js';
import type { Control } from '#operations/control.js';
import { ownPolicyOf, policyOfEnvironment } from '#persistence/backup-policies.js';
import type { Db, Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import { findEnvironment, lockEnvironment } from '#persistence/environments.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { databaseId, environmentReference, noSuchDatabase, noSuchEnvironment } from '../http/references.js';

interface DatabasePolicy {
  readonly own: DatabaseBackupPolicy;
  readonly effective: BackupPolicy;
}

export class BackupPolicyService {
  constructor(private readonly control: Control) {}

  /** Errors: `environment_not_found`. */
  async show(reference: string): Promise<BackupPolicy> {
    const row = await findEnvironment(this.control.db, environmentReference(reference));
    if (!row) throw noSuchEnvironment(reference);
    return policyOfEnvironment(this.control.db, row.id);
  }

  /** Errors: `environment_not_found`, and those of `changePolicy`. */
  async change(actor: string, reference: string, { confirm, ...patch }: PutPolicy): Promise<BackupPolicy> {
    return this.control.db.transaction().execute(async (tx) => {
      const row = await lockEnvironment(tx, environmentReference(reference), 'key share');
      if (!row) throw noSuchEnvironment(reference);
      return changePolicy(this.control, tx, actor, row.id, { patch: named(patch), confirm });
    });
  }

  /** Errors: `database_not_found`. */
  async showOwn(reference: string): Promise<DatabasePolicy> {
    const { db } = this.control;
    const row = await this.database(db, reference);
    const own = (await ownPolicyOf(db, row.id)) ?? noOwnPolicy;
    return { own, effective: effectivePolicy(await policyOfEnvironment(db, row.environment_id), own) };
  }

  /** Errors: `database_not_found`, and those of `changeOwnPolicy`. */
  async changeOwn(actor: string, reference: string, { confirm, ...patch }: PutOwnPolicy): Promise<DatabasePolicy> {
    return this.control.db.transaction().execute(async (tx) => {
      const row = await this.database(tx, reference);
      return changeOwnPolicy(this.control, tx, actor, row, { patch: named(patch), confirm });
    });
  }

  private async database(db: Db | Tx, reference: string): Promise<DatabaseRow> {
    const row = await findDatabase(db, await databaseId(db, reference));
    if (!row) throw noSuchDatabase(reference);
    return row;
  }
}

type Named<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** What was said; the rest stays as it is. */
const named = <Values extends object>(values: Values): Named<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Named<Values>;
