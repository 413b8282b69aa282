import type { ObjectStores } from '#engine/ports/object-store.js';
import type { BackupFinding } from '#domain/backup/finding.js';
import type { SealedCounts } from '#domain/secrets/finding.js';
import { isHoldfastError, type HoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints } from '#observability/fault-points.js';
import { forgetOldIdempotencyKeys } from '#persistence/idempotency.js';
import { findInstallation } from '#persistence/installation.js';
import {
  olderAnswers,
  olderCertificateKeys,
  olderCredentials,
  olderEnvelopes,
  olderOperationSecrets,
  resealAnswer,
  resealAuthority,
  resealCertificateKey,
  resealCredential,
  resealEnvelope,
  resealOperationSecret,
  runningBackups,
} from '#persistence/sealed.js';
import type { BackupRow } from '#persistence/tables.js';
import { sourceContext } from '../backup/import/source-url.js';
import { rewrapManifest } from '../backup/manifest-file.js';
import { requireManifest } from '../backup/stored.js';
import { once } from '../backup/take.js';
import { sentContext } from '../certificates/install-own.js';
import type { Control } from '../control.js';
import { requireLoadedKeys } from './loaded-keys.js';
import { answerContext, authorityContext, credentialContext, ownCertificateContext } from './secret-box.js';

export interface Resealed {
  readonly resealed: SealedCounts;
  /** Backups whose manifest could not be read or written, or is being made: their key is still needed. */
  readonly left: readonly BackupFinding[];
}

const atOnce = 100;
const answersAtOnce = 500;

/**
 * Seals anew, under the newest master key, all that an older one has sealed: the authority's key, keys of own certificates, what was sent with operations, stored
 * answers, passwords, and the envelopes of backups, whose data stay as they are. Stopped anywhere it goes on where it stood; until it is through, the older key is needed. Errors: `master_key_not_loaded`.
 */
export const resealAll = async (
  control: Control,
  stores: ObjectStores,
  proceed: () => Promise<void>,
  signal: AbortSignal,
): Promise<Resealed> => {
  requireLoadedKeys(control);
  await proceed();
  const rows = {
    authority: await resealTheAuthority(control),
    own_certificate: await resealCertificateKeys(control),
    operation_secret: await resealOperationSecrets(control),
    answer: await resealAnswers(control, proceed),
    credential: await resealCredentials(control),
  };
  await faultPoints.reached('keys:passwords-sealed');
  // Looked at first: one that is recorded meanwhile may have passed the others by.
  const left: BackupFinding[] = (await runningBackups(control.db)).map(beingMade);
  let [backup, after] = [0, null as string | null];
  for (;;) {
    const lot = await olderEnvelopes(control.db, control.secrets.version, after, atOnce);
    for (const row of lot) {
      await proceed();
      const why = await resealBackup(control, stores, row, signal);
      if (why === null) backup++;
      else left.push(notResealed(row, why));
    }
    after = lot.at(-1)?.id ?? null;
    if (after === null) return { resealed: { ...rows, backup }, left };
  }
};

const notResealed = ({ id, store, handle, envelope }: BackupRow, { code, detail }: HoldfastError): BackupFinding => ({
  ...{ code: 'backup_not_resealed', severity: 'notice', store, backupId: id, handle },
  found: `version ${(envelope ?? '').split(':', 1)[0] ?? ''} of the master key is still needed: ${code}: ${detail}`,
});

const beingMade = ({ id, store, handle }: BackupRow): BackupFinding => ({
  ...{ code: 'backup_not_resealed', severity: 'notice', store, backupId: id, handle },
  found: 'is being made, under whichever key its worker had; sweep the keys once more when it is complete',
});

const resealTheAuthority = async ({ db, secrets }: Control): Promise<number> => {
  const row = await findInstallation(db);
  if (!row || Number(row.ca_private_key_sealed.split(':', 1)[0]) >= secrets.version) return 0;
  const context = authorityContext(row.id);
  const sealed = secrets.seal(secrets.open(row.ca_private_key_sealed, context), context);
  await resealAuthority(db, row.ca_private_key_sealed, sealed);
  return 1;
};

const resealCertificateKeys = async ({ db, secrets }: Control): Promise<number> => {
  const older = await olderCertificateKeys(db, secrets.version);
  for (const row of older) {
    const context = ownCertificateContext(row.database_id);
    await resealCertificateKey(db, row, secrets.seal(secrets.open(row.private_key_sealed, context), context));
  }
  return older.length;
};

/** Those that no worker has taken yet: their operations may wait for longer than the older key is kept. */
const resealOperationSecrets = async ({ db, secrets }: Control): Promise<number> => {
  const older = await olderOperationSecrets(db, secrets.version);
  for (const row of older) {
    const context = row.kind === 'import' ? sourceContext(row.operation_id) : sentContext(row.operation_id);
    await resealOperationSecret(db, row, secrets.seal(secrets.open(row.sealed, context), context));
  }
  return older.length;
};

/** Requests may be repeated for as long as their answers are kept. Those that are no longer honoured go first: their key may be gone. */
const resealAnswers = async ({ db, secrets }: Control, proceed: () => Promise<void>): Promise<number> => {
  await forgetOldIdempotencyKeys(db);
  for (let count = 0; ;) {
    const lot = await olderAnswers(db, secrets.version, answersAtOnce);
    if (lot.length === 0) return count;
    count += lot.length;
    await proceed();
    for (const row of lot) {
      const context = answerContext(row.actor, row.key);
      await resealAnswer(db, row, secrets.seal(secrets.open(row.sealed, context), context));
    }
  }
};

const resealCredentials = async ({ db, secrets }: Control): Promise<number> => {
  const older = await olderCredentials(db, secrets.version);
  for (const row of older) {
    const context = credentialContext(row.database_id, row.username);
    await resealCredential(db, row, secrets.seal(secrets.open(row.password_sealed, context), context));
  }
  return older.length;
};

/** The store first: a row that still names the older seal is done again. Returns why when the backup cannot be got at. */
const resealBackup = async (
  { db, secrets }: Control,
  stores: ObjectStores,
  backup: BackupRow,
  signal: AbortSignal,
): Promise<HoldfastError | null> => {
  try {
    const store = stores.open(backup.store);
    const opened = await requireManifest(store, secrets, backup, signal);
    const { file, sealedEnvelope } = rewrapManifest(secrets, opened);
    await store.put(backup.manifest_key ?? '', once(file), signal);
    await faultPoints.reached('keys:manifest-written');
    await resealEnvelope(db, backup.id, backup.envelope ?? '', sealedEnvelope);
    await faultPoints.reached('keys:backup-sealed');
    return null;
  } catch (error) {
    signal.throwIfAborted();
    if (!isHoldfastError(error)) throw error;
    return error;
  }
};
