import { canonicalAddress, canonicalBlock } from '#contracts/address-blocks.js';
import type { PatchEndpoints } from '#contracts/door-requests.js';
import type { DoorSettings } from '#domain/database/door-settings.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { changeDoors } from '#persistence/doors.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from './audit.js';

/**
 * Records what doors are set to from now on, and wakes the workers, which bring it to the edge: a settled transaction is in force
 * within the second, or as soon as an edge runs again. Errors: `database_not_ready` after a deprovision, `door_not_found`.
 */
export const requestDoorChange = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: Pick<DatabaseRow, 'id' | 'environment_id' | 'handle' | 'status'>,
  { follows, type, ...patch }: PatchEndpoints,
): Promise<void> => {
  if (database.status === 'deprovisioned') {
    throw new HoldfastError('database_not_ready', `"${database.handle}" is deprovisioned and has no doors.`);
  }
  const settings = settingsOf(patch);
  const changed = await changeDoors(tx, database.id, { follows, type }, settings);
  if (changed === 0) {
    const wanted = [type && `of type ${type}`, follows && `that follows the ${follows}`].filter(Boolean);
    throw new HoldfastError('door_not_found', `${[`"${database.handle}" has no door`, ...wanted].join(' ')}.`);
  }
  const subject = { environmentId: database.environment_id, databaseId: database.id };
  const detail = { ...(follows && { follows }), ...(type && { type }), ...settings };
  await appendAudit(tx, auditEvent(control.now(), actor, 'database.doors-changed', subject, detail));
};

/** Only what was named, each list and address in its one form. */
const settingsOf = ({
  allow,
  connectionLimit,
  idleTimeoutSeconds,
  bindAddress,
}: PatchEndpoints): Partial<DoorSettings> => ({
  ...(allow !== undefined && { allow: [...new Set(allow.map(canonicalBlock))] }),
  ...(connectionLimit !== undefined && { connectionLimit }),
  ...(idleTimeoutSeconds !== undefined && { idleTimeoutSeconds }),
  ...(bindAddress !== undefined && { bindAddress: bindAddress === null ? null : canonicalAddress(bindAddress) }),
});
