export interface RetentionPolicy {
  /** How many days, months and years keep their last backup, counted back from the newest. `daily` is at least 1. */
  readonly daily: number;
  readonly monthly: number;
  readonly yearly: number;
}

/** What an environment promises for the backups of its databases. */
export interface BackupPolicy extends RetentionPolicy {
  /** Each automatic backup is copied to the second store. */
  readonly makeCopy: boolean;
  /** A last backup is taken when a database is deprovisioned, and kept until somebody purges it. */
  readonly keepFinal: boolean;
  /** Cron expression of five fields, in the time zone. */
  readonly schedule: string;
  /** IANA name; days, months and years of the retention are counted in it as well. */
  readonly timeZone: string;
  /** Names of stores; null means the default one, and that there is no second one. */
  readonly store: string | null;
  readonly copyStore: string | null;
  /** Somebody is alerted when a database has had no verified backup for longer. */
  readonly maximumAgeHours: number;
}

/** The reference's own (managed-databases.md), and a backup each night. */
export const defaultPolicy: BackupPolicy = {
  daily: 30,
  monthly: 12,
  yearly: 6,
  makeCopy: false,
  keepFinal: true,
  schedule: '0 2 * * *',
  timeZone: 'UTC',
  store: null,
  copyStore: null,
  maximumAgeHours: 48,
};

/** What a database may have otherwise than its environment. */
export type DatabaseBackupPolicy = {
  readonly [Name in 'daily' | 'monthly' | 'yearly' | 'schedule' | 'timeZone' | 'maximumAgeHours']:
    BackupPolicy[Name] | null;
};

export const effectivePolicy = (policy: BackupPolicy, own: DatabaseBackupPolicy | undefined): BackupPolicy => ({
  ...policy,
  ...Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== null)),
});
