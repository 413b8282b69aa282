import { z } from 'zod';
import { backupKinds, backupStatuses, verifications } from '#domain/backup/backup.js';
import { persistenceModes } from '#domain/database/persistence.js';
import { backupOperationRequestSchema, patchBackupSchema } from '../backup-requests.js';
import { operationSchema } from './operations.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { databaseFilter, environmentFilter, id, idParams, timestamp } from './values.js';

const nullableInt = z.int().nullable();

const holdSchema = z.strictObject({ reason: z.string(), by: z.string(), at: timestamp });

export const backupSchema = z
  .strictObject({
    id,
    database: id,
    handle: z.string().describe('Of the database when the backup was asked for.'),
    environment: z.string(),
    environmentId: id,
    orphaned: z.boolean().describe('Its database is deprovisioned.'),
    kind: z.enum(backupKinds),
    status: z.enum(backupStatuses),
    error: z.string().nullable().describe('Why it failed.'),
    verification: z.enum(verifications).describe('Only `verified` says that it was restored and compared.'),
    verificationDetail: z.string().nullable(),
    verifiedAt: timestamp.nullable(),
    checkedAt: timestamp.nullable().describe('When a verification last came to its end, whatever that was.'),
    restoreMs: nullableInt.describe('How long the last verification took to restore it.'),
    version: z.string(),
    persistence: z.enum(persistenceModes),
    memoryMb: z.int(),
    settings: z
      .record(z.string(), z.string())
      .describe('Redis settings that were chosen, with what they had; a restore takes them over.'),
    storedBytes: nullableInt,
    clearBytes: nullableInt.describe('Of the RDB file.'),
    keys: nullableInt.describe('Null before it is complete, and when the data could not be read.'),
    keysByDatabase: z.array(z.strictObject({ index: z.int(), keys: z.int(), expiring: z.int() })).nullable(),
    takenFrom: id.nullable().describe('The database whose server the data came from: itself, or a replica of it.'),
    store: z.string(),
    copyOf: id.nullable(),
    copies: z.array(id),
    masterKeyVersion: nullableInt.describe('Of the key that its data key is sealed under.'),
    hold: holdSchema.nullable().describe('While it is held, nothing deletes it.'),
    requestedBy: z.string(),
    operation: id.nullable().describe('The one that took it.'),
    snapshotAt: timestamp.nullable().describe('The data are as they were then, or a moment later.'),
    createdAt: timestamp,
    completedAt: timestamp.nullable(),
    purgedAt: timestamp.nullable(),
  })
  .meta({ id: 'Backup', description: "One encrypted, checksummed copy of a database's data." });
export type Backup = z.output<typeof backupSchema>;

const heldBackupSchema = backupSchema
  .extend({
    formerHold: holdSchema.nullable().describe('The hold before the request; null when there was none.'),
  })
  .meta({ id: 'HeldBackup', description: 'A backup after a change of its hold.' });
export type HeldBackup = z.output<typeof heldBackupSchema>;

const flag = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .optional()
  .meta({ wire: { type: 'boolean' } });

const tag = 'backups';
const params = idParams('Its id.');

export const backupRoutes = {
  listBackups: defineRoute({
    id: 'listBackups',
    method: 'get',
    path: '/v1/backups',
    tag,
    summary: 'Backups, newest first; purged ones only when asked for by status',
    access: 'read',
    query: z.strictObject({
      ...pageQuery('id'),
      environment: environmentFilter,
      database: databaseFilter,
      kind: z.enum(backupKinds).optional(),
      status: z.enum(backupStatuses).optional(),
      verification: z.enum(verifications).optional(),
      orphaned: flag.describe('Only those whose database is deprovisioned, or only the others.'),
    }),
    answer: { status: 200, description: 'A page of backups.', schema: pageOf(backupSchema) },
    errors: ['environment_not_found', 'database_not_found'],
  }),
  getBackup: defineRoute({
    id: 'getBackup',
    method: 'get',
    path: '/v1/backups/{id}',
    tag,
    summary: 'One backup',
    access: 'read',
    params,
    answer: { status: 200, description: 'The backup.', schema: backupSchema },
    errors: ['backup_not_found'],
  }),
  exportBackup: defineRoute({
    id: 'exportBackup',
    method: 'get',
    path: '/v1/backups/{id}/rdb',
    tag,
    summary: 'Its data as a plain RDB file, in clear; a body shorter than its Content-Length is not whole',
    access: 'sensitive',
    params,
    answer: {
      status: 200,
      description: 'The file. Every byte was checked; what turns out corrupt later cuts the connection.',
      media: 'application/octet-stream',
      schema: z.string().meta({ format: 'binary' }),
      written: true,
      headers: { 'Content-Disposition': 'A name for the file.', 'Repr-Digest': 'The SHA-256 of the file.' },
    },
    errors: [
      'backup_not_found',
      'backup_not_complete',
      'backup_corrupt',
      'backup_object_missing',
      'master_key_unknown',
      'backup_store_unknown',
      'backup_store_unreachable',
      'backup_store_refused',
    ],
  }),
  patchBackup: defineRoute({
    id: 'patchBackup',
    method: 'patch',
    path: '/v1/backups/{id}',
    tag,
    summary: 'Hold it, so that nothing deletes it, or end that',
    access: 'destroy',
    params,
    body: patchBackupSchema,
    answer: {
      status: 200,
      description:
        'The changed backup, and the hold that it had before: another reason takes the place of that one, and to end what is not held changes nothing.',
      schema: heldBackupSchema,
    },
    errors: ['backup_not_found', 'backup_not_complete', 'backup_in_use'],
  }),
  requestBackupOperation: defineRoute({
    id: 'requestBackupOperation',
    method: 'post',
    path: '/v1/backups/{id}/operations',
    tag,
    summary: 'Restore, verify, copy or purge it',
    access: 'operation-kind',
    params,
    body: backupOperationRequestSchema,
    answer: {
      status: 202,
      description:
        'The operation is queued. A restore makes a new database, whose id is among its targets; what only the bytes can tell stands in its error.',
      schema: operationSchema,
      headers: { Location: 'The operation.' },
    },
    errors: [
      'backup_not_found',
      'backup_not_complete',
      'backup_unrestorable',
      'backup_held',
      'backup_in_use',
      'backup_is_copy',
      'backup_copied_already',
      'backup_store_unknown',
      'confirmation_required',
      'environment_not_found',
      'version_unknown',
      'downgrade_refused',
      'restore_too_small',
      'handle_taken',
      'handle_still_answers',
      'environment_full',
      'ports_exhausted',
    ],
  }),
};
