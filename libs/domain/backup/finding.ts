/** What a sweep says of a backup in a store, or of a store. The sentence is what a person reads. */
export const backupFindingTitles = {
  backup_adopted: 'It was made known',
  backup_unusable: 'It cannot be used',
  backup_not_resealed: 'It could not be sealed anew',
  store_unreachable: 'The store did not answer',
} as const;
export type BackupFindingCode = keyof typeof backupFindingTitles;
export const backupFindingCodes = Object.keys(backupFindingTitles) as [BackupFindingCode, ...BackupFindingCode[]];

export interface BackupFinding {
  readonly code: BackupFindingCode;
  /** No database is the worse for it. */
  readonly severity: 'notice';
  readonly store: string;
  /** Null of a store. */
  readonly backupId: string | null;
  /** Of the database when the backup was taken; null where nothing says it that can be believed. */
  readonly handle: string | null;
  readonly found: string;
}
