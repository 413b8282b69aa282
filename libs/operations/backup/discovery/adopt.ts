import type { BackupManifest } from '#contracts/backup-manifest.js';
import { environmentsInPool } from '#domain/server/addresses.js';
import { keysIn } from '#domain/rdb/summary.js';
import { faultPoints } from '#observability/fault-points.js';
import { appendAudit } from '#persistence/audit/append.js';
import { ensureFormerDatabase } from '#persistence/backup-discovery.js';
import { completeBackup, findBackup, insertBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findEnvironment, insertEnvironment } from '#persistence/environments.js';
import { newId, type Control } from '../../control.js';
import { auditEvent } from '../../requests/audit.js';
import type { OpenedManifest } from '../manifest-file.js';

export interface Place {
  readonly store: string;
  readonly prefix: string;
  readonly manifestKey: string;
}

const actor = 'sweep:discovery';

/**
 * A backup of a database that is no more, held: no retention lets go what somebody has just found again. Its environment is made when there
 * is none of that name. The second one of the same id is a copy of the first. Returns what it is known as.
 */
export const adoptBackup = async (
  control: Control,
  place: Place,
  { manifest, sealedEnvelope }: OpenedManifest,
): Promise<{ readonly id: string; readonly copyOf: string | null }> => {
  const now = control.now();
  const adopted = await control.db.transaction().execute(async (tx) => {
    const environment = await environmentOf(control, tx, manifest);
    const database = await ensureFormerDatabase(tx, manifest, environment.id, now);
    const original = await findBackup(tx, manifest.backupId);
    const id = original ? newId() : manifest.backupId;
    await insertBackup(tx, {
      ...{ id, copy_of: original?.id ?? null, store: place.store, prefix: place.prefix, kind: manifest.kind },
      ...shapeOf(manifest),
      database_id: database.id,
      environment_id: environment.id,
      status: 'running',
      orphaned: database.status === 'deprovisioned',
      requested_by: actor,
      created_at: new Date(manifest.startedAt),
      ...{ hold_reason: 'It was found in the store; release it when it may go.', held_by: actor, held_at: now },
    });
    const keys = 'unreadable' in manifest.contents ? null : keysIn(manifest.contents);
    await completeBackup(tx, id, { manifest, manifestKey: place.manifestKey, envelope: sealedEnvelope, keys });
    const subject = { environmentId: environment.id, databaseId: database.id };
    const detail = { backupId: id, store: place.store, installation: manifest.installation.name };
    await appendAudit(tx, auditEvent(now, actor, 'backup.discovered', subject, detail));
    await faultPoints.reached('discovery:adopting');
    return { id, copyOf: original?.id ?? null };
  });
  await faultPoints.reached('discovery:adopted');
  return adopted;
};

const environmentOf = async (control: Control, tx: Tx, { environment }: BackupManifest) =>
  (await findEnvironment(tx, { name: environment.name })) ??
  (await insertEnvironment(tx, newId(), environment.name, environmentsInPool(control.networkPool)));

const shapeOf = ({ database }: BackupManifest) => ({
  handle: database.handle,
  version: database.version,
  image: database.image,
  tls_protocols: [...database.tlsProtocols],
  persistence: database.persistence,
  memory_mb: database.memoryMb,
  disk_gb: database.diskGb,
  tls_only: database.tlsOnly,
  maxmemory_policy: database.maxmemoryPolicy,
  settings: JSON.stringify(database.settings ?? {}),
});
