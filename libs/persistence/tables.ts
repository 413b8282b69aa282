import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';
import type { BackupManifest } from '#contracts/backup-manifest.js';
import type { BackupKind, BackupStatus, Verification } from '#domain/backup/backup.js';
import type { PasswordState } from '#domain/credentials/password-state.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import type { MaxmemoryPolicy } from '#domain/database/size.js';
import type {
  CredentialType,
  DatabaseHealth,
  DatabaseRole,
  DatabaseStatus,
  DoorFollows,
} from '#domain/database/status.js';
import type { Permission } from '#domain/permissions/permission.js';
import type { IncarnationTable } from './incarnation-table.js';
import type { Settings } from '#domain/settings/settings.js';
import type { OperationTable } from './operation-table.js';
import type { OwnCertificateTable } from './own-certificate-table.js';
import type { SettingsHistoryTable } from './settings-table.js';

/** The rows of libs/persistence/migrations, as Postgres hands them out. */
export interface Tables {
  installation: InstallationTable;
  environments: EnvironmentTable;
  databases: DatabaseTable;
  incarnations: IncarnationTable;
  environment_addresses: EnvironmentAddressTable;
  credentials: CredentialTable;
  doors: DoorTable;
  operations: OperationTable;
  operation_targets: OperationTargetTable;
  operation_steps: OperationStepTable;
  operation_log: OperationLogTable;
  outbox: OutboxTable;
  backups: BackupTable;
  backup_policies: BackupPolicyTable;
  database_backup_policies: DatabaseBackupPolicyTable;
  backup_schedules: { database_id: string; served_at: Date };
  operation_limits: { kind: string; most: number };
  operation_secrets: { operation_id: string; sealed: string };
  own_certificates: OwnCertificateTable;
  settings_history: SettingsHistoryTable;
  idempotency_keys: IdempotencyKeyTable;
  tokens: TokenTable;
  audit_intake: { id: Generated<string>; body: string };
  audit_events: AuditEventTable;
  audit_head: { seq: string; hash: string };
}

interface InstallationTable {
  id: string;
  name: string;
  ca_certificate_pem: string;
  ca_private_key_sealed: string;
  created_at: Generated<Date>;
}

interface EnvironmentTable {
  id: string;
  name: string;
  network_index: number;
  created_at: Generated<Date>;
  deleted_at: Date | null;
}

interface DatabaseTable {
  id: string;
  environment_id: string;
  handle: string;
  former_handles: Generated<string[]>;
  version: string;
  image: string;
  tls_protocols: string[];
  persistence: PersistenceMode;
  memory_mb: number;
  disk_gb: number;
  tls_only: boolean;
  maxmemory_policy: MaxmemoryPolicy;
  settings: ColumnType<Settings, string | undefined, string>;
  deletion_protection: boolean;
  backups_enabled: Generated<boolean>;
  status: DatabaseStatus;
  role: Generated<DatabaseRole>;
  health: Generated<DatabaseHealth>;
  health_reason: string | null;
  generation: Generated<number>;
  incarnation: Generated<number>;
  source_id: string | null;
  address_index: number;
  certificate_not_after: Date | null;
  created_at: Generated<Date>;
  provisioned_at: Date | null;
  deprovisioned_at: Date | null;
}

interface EnvironmentAddressTable {
  environment_id: string;
  address_index: number;
  database_id: string | null;
}

interface CredentialTable {
  database_id: string;
  username: string;
  ordinal: Generated<number>;
  password_sealed: string;
  created_at: Generated<Date>;
  state: Generated<PasswordState>;
  expires_at: Date | null;
}

interface DoorTable {
  port: number;
  database_id: string | null;
  type: CredentialType | null;
  follows: DoorFollows | null;
  released_at: Date | null;
  /** CIDR blocks; none means everybody. */
  allow: Generated<string[]>;
  connection_limit: number | null;
  idle_timeout_seconds: number | null;
  bind_address: string | null;
}

interface OperationTargetTable {
  operation_id: string;
  database_id: string;
  /** 0 is the operation's subject: the database whose status it changes. */
  ordinal: Generated<number>;
  /** False when it only reads the database: then it stands in line with others that do, and with no other. */
  exclusive: Generated<boolean>;
  active: Generated<boolean>;
  finished: Generated<boolean>;
}

interface OperationStepTable {
  operation_id: string;
  attempt: number;
  ordinal: number;
  name: string;
  status: 'running' | 'succeeded' | 'failed' | 'interrupted';
  started_at: Date;
  finished_at: Date | null;
}

interface OperationLogTable {
  /** A bigint: text in JavaScript. */
  id: Generated<string>;
  operation_id: string;
  at: Generated<Date>;
  level: 'info' | 'warn' | 'error';
  message: string;
}

interface OutboxTable {
  operation_id: string;
  dispatch_no: Generated<number>;
  due_at: Generated<Date>;
  dispatched_at: Date | null;
}

interface BackupTable {
  id: string;
  database_id: string;
  environment_id: string;
  kind: BackupKind;
  status: BackupStatus;
  copy_of: string | null;
  store: string;
  prefix: string;
  handle: string;
  version: string;
  image: string;
  tls_protocols: string[];
  persistence: PersistenceMode;
  memory_mb: number;
  disk_gb: number;
  tls_only: boolean;
  maxmemory_policy: MaxmemoryPolicy;
  settings: ColumnType<Settings, string | undefined, string>;
  manifest: ColumnType<BackupManifest | null, string | null | undefined, string | null>;
  manifest_key: string | null;
  envelope: string | null;
  /** Bigints: text in JavaScript. */
  stored_bytes: string | null;
  keys: string | null;
  snapshot_at: Date | null;
  completed_at: Date | null;
  error: string | null;
  verification: Generated<Verification>;
  verification_detail: string | null;
  checked_at: Date | null;
  verified_at: Date | null;
  restore_ms: number | null;
  value_digest: string | null;
  orphaned: Generated<boolean>;
  hold_reason: string | null;
  held_by: string | null;
  held_at: Date | null;
  requested_by: string;
  operation_id: string | null;
  created_at: Generated<Date>;
  purged_at: Date | null;
}

interface BackupPolicyTable {
  environment_id: string;
  daily: number;
  monthly: number;
  yearly: number;
  make_copy: boolean;
  keep_final: boolean;
  schedule: string;
  time_zone: string;
  store: string | null;
  copy_store: string | null;
  maximum_age_hours: number;
  updated_at: Generated<Date>;
}

interface DatabaseBackupPolicyTable {
  database_id: string;
  daily: number | null;
  monthly: number | null;
  yearly: number | null;
  schedule: string | null;
  time_zone: string | null;
  maximum_age_hours: number | null;
  updated_at: Generated<Date>;
}

interface IdempotencyKeyTable {
  actor: string;
  key: string;
  request_hash: string;
  status: number | null;
  location: string | null;
  body: ColumnType<unknown, string | null, string | null>;
  created_at: Generated<Date>;
}

interface TokenTable {
  id: string;
  name: string;
  secret_hash: string;
  permissions: Permission[];
  created_by: string;
  created_at: Generated<Date>;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

interface AuditEventTable {
  /** A bigint: text in JavaScript. */
  seq: string;
  body: string;
  hash: string;
  id: Generated<string>;
  actor: Generated<string>;
  action: Generated<string>;
  environment_id: Generated<string | null>;
  database_id: Generated<string | null>;
  operation_id: Generated<string | null>;
}

export type EnvironmentRow = Selectable<EnvironmentTable>;
export type DatabaseRow = Selectable<DatabaseTable>;
export type NewDatabaseRow = Insertable<DatabaseTable>;
export type CredentialRow = Selectable<CredentialTable>;
export type DoorRow = Selectable<DoorTable>;
export type OperationRow = Selectable<OperationTable>;
export type OperationStepRow = Selectable<OperationStepTable>;
export type OperationLogRow = Selectable<OperationLogTable>;
export type BackupRow = Selectable<BackupTable>;
export type NewBackupRow = Insertable<BackupTable>;
export type TokenRow = Selectable<TokenTable>;
export type InstallationRow = Selectable<InstallationTable>;
