import type { Sweep } from '../api/documents.js';

type Finding = Sweep['findings'][number];
type DatabaseFinding = Extract<Finding, { readonly databaseId: string }>;
type BackupFinding = Extract<Finding, { readonly store: string }>;
type KeyFinding = Extract<Finding, { readonly keyVersion: number }>;

export const databaseFindings = (findings: readonly Finding[]): DatabaseFinding[] =>
  findings.filter((finding): finding is DatabaseFinding => 'databaseId' in finding);

/** Rows of a table: what, where, which, of what, why. */
export const backupFindingRows = (findings: readonly Finding[]): string[][] =>
  findings
    .filter((finding): finding is BackupFinding => 'store' in finding)
    .map(({ code, store, backupId, handle, found }) => [code, store, backupId ?? '', handle ?? '', found]);

export const keyFindings = (findings: readonly Finding[]): KeyFinding[] =>
  findings.filter((finding): finding is KeyFinding => 'keyVersion' in finding);
