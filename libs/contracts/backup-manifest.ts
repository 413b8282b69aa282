import { z } from 'zod';
import { backupKinds } from '#domain/backup/backup.js';
import { persistenceModes } from '#domain/database/persistence.js';
import { maxmemoryPolicies } from '#domain/database/size.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const digest = z.string().regex(/^[0-9a-f]{16}$/);
const count = z.int().min(0);
const moment = z.iso.datetime();

const rdbSummarySchema = z.strictObject({
  rdbVersion: count,
  redisVersion: z.string().nullable(),
  databases: z
    .array(z.strictObject({ index: count, keys: count, expiring: count, lasting: count, fading: count.optional() }))
    .readonly(),
  functions: count,
  hasExpiringFields: z.boolean(),
  persistentDigest: digest,
  lastingDigest: digest,
});

/**
 * What lies beside the data of a backup and says all that a restore has to know of it. It is written last: data without a manifest are no
 * backup. Together with the master key it is enough, so that a backup outlives the installation that made it.
 */
export const backupManifestSchema = z.strictObject({
  format: z.literal(1),
  backupId: z.uuid(),
  kind: z.enum(backupKinds),
  installation: z.strictObject({ id: z.uuid(), name: z.string() }),
  environment: z.strictObject({ id: z.uuid(), name: z.string() }),
  database: z.strictObject({
    id: z.uuid(),
    handle: z.string(),
    version: z.string(),
    image: z.string(),
    tlsProtocols: z.array(z.string()),
    persistence: z.enum(persistenceModes),
    memoryMb: z.int(),
    diskGb: z.int(),
    tlsOnly: z.boolean(),
    maxmemoryPolicy: z.enum(maxmemoryPolicies),
    /** Chosen by the tenant; the eviction policy is not among them. Not in manifests from before they were written down. */
    settings: z.record(z.string(), z.string()).readonly().optional(),
  }),
  /** Of the server that the data came from. */
  source: z.strictObject({
    databaseId: z.uuid(),
    role: z.enum(['primary', 'replica', 'fenced']),
    replicationId: z.string(),
    offset: z.int(),
    usedMemoryBytes: count,
  }),
  /** Bytes and moments: when the copy was begun, and when it was whole. The data are as they were at `startedAt`, or a little later. */
  startedAt: moment,
  finishedAt: moment,
  object: z.strictObject({
    key: z.string(),
    codec: z.enum(['zstd', 'gzip']),
    clearBytes: count,
    clearSha256: sha256,
    storedBytes: count,
    storedSha256: sha256,
  }),
  contents: z.union([rdbSummarySchema, z.strictObject({ unreadable: z.string() })]),
});
export type BackupManifest = z.output<typeof backupManifestSchema>;

/** The file as it is stored. `envelope` is sealed under the master key and may be sealed anew; `mac` is of the manifest alone. */
export const manifestFileSchema = z.strictObject({
  manifest: backupManifestSchema,
  envelope: z.string(),
  mac: sha256,
});
