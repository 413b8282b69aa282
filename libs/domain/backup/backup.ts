/** `automatic` ones go by the policy; `manual` ones stay until they are purged; `final` ones were taken when their database was deprovisioned. */
export const backupKinds = ['automatic', 'manual', 'final'] as const;
export type BackupKind = (typeof backupKinds)[number];

export const backupStatuses = ['running', 'complete', 'failed', 'purged'] as const;
export type BackupStatus = (typeof backupStatuses)[number];

/** Only `verified` says that it was restored and compared. `unverifiable`: it holds what cannot be compared, such as a module's values. */
export const verifications = ['unverified', 'verified', 'failed', 'unverifiable'] as const;
export type Verification = (typeof verifications)[number];

/** How the data of a foreign server were come by: copied as of one moment, or read key by key. */
export const importMethods = ['replication', 'scan'] as const;
