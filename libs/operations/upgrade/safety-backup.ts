import { decideSnapshot } from '#domain/backup/decide-snapshot.js';
import { decideVerify, type VerifyAction } from '#domain/backup/decide-verify.js';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { memoryLimitBytes } from '#domain/database/size.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { backupOfOperation, findBackup, updateBackup } from '#persistence/backups.js';
import { allottedMemoryMb } from '#persistence/databases.js';
import type { Db, Tx } from '#persistence/connection.js';
import type { OperationReceipt } from '#persistence/operation-documents.js';
import { findOperation, noteReceipt } from '#persistence/operations/read.js';
import type { BackupRow } from '#persistence/tables.js';
import {
  awaitLoaded,
  compareContents,
  createServer,
  loadServer,
  removeServer,
  serverExists,
  verdictOf,
} from '../backup/verification.js';
import { verificationServer, verificationVolume } from '../backup/verification-server.js';
import { newId } from '../control.js';
import { backupIn, observeBackup, snapshotActions } from '../kinds/backup-snapshot.js';
import { recordBackup } from '../requests/request-backup.js';
import type { AttemptContext } from '../run/context.js';
import { wantedIn } from './parties.js';

/** As a snapshot that somebody asked for, within the upgrade: it is kept until somebody purges it. Errors: those of a snapshot. */
export const takeSafetyBackup = async (context: AttemptContext): Promise<void> => {
  const { control, database, operation } = context;
  if (!(await backupOfOperation(control.db, operation.id))) {
    const actor = operation.requested_by;
    await context.write(async (tx) => {
      await recordBackup(control, tx, { id: newId(), kind: 'manual', database, actor, operation });
    });
  }
  for (;;) {
    const decision = decideSnapshot(await observeBackup(context));
    if (decision.next === 'finish') return;
    if ('detail' in decision) throw new HoldfastError(decision.code, decision.detail);
    await snapshotActions[decision.next](context);
  }
};

/** What the receipt says of it: it stays until it is purged, however the operation ends. */
export const safetyBackupIn = async (db: Db | Tx, operationId: string): Promise<OperationReceipt> => {
  const backup = await backupOfOperation(db, operationId);
  if (backup?.status !== 'complete') return {};
  return {
    backupId: backup.id,
    ...(backup.snapshot_at ? { backupDataAt: backup.snapshot_at.toISOString() } : {}),
  };
};

/** When the operation has not succeeded, and so nobody has asked for its receipt. */
export const noteSafetyBackup = async (tx: Tx, operationId: string): Promise<void> => {
  const backup = await safetyBackupIn(tx, operationId);
  if (!('backupId' in backup)) return;
  await noteReceipt(tx, operationId, { ...(await findOperation(tx, operationId))?.receipt, ...backup });
};

/** It restores into its own version: that is the way back. Errors: `backup_unrestorable`, those of a verification. */
export const verifySafetyBackup = async (context: AttemptContext): Promise<void> => {
  const backup = await backupIn(context);
  await showThatItLoads(context, backup);
  const verdict = verdictOf(context, control(context).now());
  await context.write((tx) => updateBackup(tx, backup.id, verdict));
  const { verification, verification_detail: detail } = (await findBackup(control(context).db, backup.id)) ?? backup;
  if (verification === 'verified') return;
  throw new HoldfastError('backup_unrestorable', `The safety backup is ${verification}: ${detail ?? 'unknown'}`);
};

const control = (context: AttemptContext) => context.control;

/** The new version loads it and has all keys. Errors: `upgrade_incompatible`. */
export const tryData = async (context: AttemptContext): Promise<void> => {
  const { version, image, tls_protocols } = wantedIn(context);
  const backup = { ...(await backupIn(context)), version, image, tls_protocols, value_digest: null };
  try {
    await showThatItLoads(context, backup);
  } catch (error) {
    if (!isHoldfastError(error, 'backup_corrupt')) throw error;
    throw new HoldfastError('upgrade_incompatible', `Redis ${version} does not load the data: ${error.detail}`, {
      cause: error,
    });
  }
};

const showThatItLoads = async (context: AttemptContext, backup: BackupRow): Promise<void> => {
  const actions: Readonly<Record<VerifyAction, () => Promise<void>>> = {
    remove: () => removeServer(context),
    prepare: () => prepare(context, backup),
    create: () => createServer(context, backup),
    load: () => loadServer(context, backup),
    start: () => awaitLoaded(context),
    compare: () => compareContents(context, backup),
  };
  const done = new Set<string>();
  try {
    for (;;) {
      const decision = decideVerify({ exists: await serverExists(context), done });
      if (decision.next === 'finish') return;
      if ('detail' in decision) throw new HoldfastError(decision.code, decision.detail);
      await actions[decision.next]();
      done.add(decision.next);
    }
  } catch (error) {
    // The rollback looks once more; what is left of a server that dies with us the next attempt removes.
    await removeServer(context).catch(() => undefined);
    throw error;
  }
};

const prepare = async (context: AttemptContext, backup: BackupRow): Promise<void> => {
  await requireRoom(context);
  await context.engines.containers.ensureVolume(
    verificationVolume(verificationServer(context), backup),
    uninterrupted(),
  );
};

/** For a second server of the same size: to try with, and then to take over. Errors: `host_full`. */
export const requireRoom = async ({
  engines,
  control: { db },
  database: { memory_mb: memoryMb },
  memoryOvercommit,
  signal,
}: AttemptContext): Promise<void> => {
  const [host, allottedMb] = await Promise.all([engines.containers.info(signal), allottedMemoryMb(db, null)]);
  if (memoryLimitBytes(allottedMb + memoryMb) <= host.memoryBytes * memoryOvercommit) return;
  throw new HoldfastError('host_full', `A second server of ${memoryMb} MB does not fit beside ${allottedMb} MB.`);
};
