import type { Database } from '#contracts/http/databases.js';
import { memoryOnlyWarning, persistenceLabels } from '#domain/database/persistence.js';
import { containerName, volumeName } from '#domain/server/names.js';
import { isInForce, standingOf } from '#domain/lifecycle/mark.js';
import type { Control } from '#operations/control.js';
import { doorSettingsOf } from '#persistence/doors.js';
import type { DatabaseView } from '#persistence/pages/databases.js';

/** What of an installation shows in a database. */
export type Surroundings = Pick<Control, 'catalogue' | 'now' | 'advertisedHost' | 'installation'>;

export const toDatabase =
  (surroundings: Surroundings) =>
  (row: DatabaseView): Database => ({
    id: row.id,
    environment: row.environment_name,
    environmentId: row.environment_id,
    handle: row.handle,
    formerHandles: row.former_handles,
    version: row.version,
    persistence: row.persistence,
    persistenceLabel: persistenceLabels[row.persistence],
    ...stateOf(row, surroundings),
    certificateNotAfter: row.certificate_not_after?.toISOString() ?? null,
    ownCertificate: ownCertificateOf(row),
    source: row.source_id,
    replicas: row.replicas.map((replica) => replica.id),
    memoryMb: row.memory_mb,
    diskGb: row.disk_gb,
    diskEnforcement: 'advisory',
    tlsOnly: row.tls_only,
    maxmemoryPolicy: row.maxmemory_policy,
    deletionProtection: row.deletion_protection,
    backupsEnabled: row.backups_enabled,
    endpoints: endpointsOf(row, surroundings.advertisedHost),
    keptServers: keptServersOf(row, surroundings),
    warnings: row.persistence === 'none' ? [memoryOnlyWarning] : [],
    createdAt: row.created_at.toISOString(),
    provisionedAt: row.provisioned_at?.toISOString() ?? null,
    deprovisionedAt: row.deprovisioned_at?.toISOString() ?? null,
  });

const keptServersOf = ({ id, kept }: DatabaseView, { installation }: Surroundings): Database['keptServers'] =>
  kept.map(({ incarnation, version, operation_id: upgrade, kept_at: since, keep_until: until }) => ({
    container: containerName(installation, id, incarnation),
    volume: volumeName(installation, id, incarnation),
    ...{ version, upgrade },
    since: since && new Date(since).toISOString(),
    until: new Date(until).toISOString(),
  }));

const stateOf = (row: DatabaseView, { catalogue, now }: Surroundings) => ({
  status: row.status,
  lifecycle: standingOf(catalogue, row.version, now()).lifecycle,
  role: row.role,
  lifecycleMark: row.mark && {
    ...{ lifecycle: row.mark.lifecycle, version: row.mark.version },
    noticedAt: new Date(row.mark.marked_at).toISOString(),
  },
  exemption: exemptionOf(row, now()),
  health: row.health,
  healthReason: row.health_reason,
  generation: row.generation,
});

const ownCertificateOf = ({ own_certificate: own }: DatabaseView): Database['ownCertificate'] =>
  own && {
    ...{ subject: own.subject, fingerprint256: own.fingerprint256 },
    notAfter: new Date(own.not_after).toISOString(),
  };

/** One that is over is shown until it is replaced, so that people see why a mark came back. */
const exemptionOf = ({ exemption }: DatabaseView, now: Date): Database['exemption'] => {
  if (!exemption) return null;
  const { reason, ends_on: endsOn, granted_by: grantedBy, granted_at: grantedAt } = exemption;
  const inForce = isInForce({ reason, endsOn }, now);
  return { reason, endsOn, grantedBy, grantedAt: new Date(grantedAt).toISOString(), inForce };
};

export const endpointsOf = (row: Pick<DatabaseView, 'doors'>, host: string): Database['endpoints'] =>
  row.doors.map((door) => {
    const { type, follows, port } = door;
    const { allow, ...settings } = doorSettingsOf(door);
    return { type, follows, host, port, allow: [...allow], ...settings };
  });
