import { decideVerify, type VerifyAction, type VerifySituation } from '#domain/backup/decide-verify.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { memoryLimitBytes } from '#domain/database/size.js';
import { condemnBackup } from '../backup/condemn.js';
import { verifyingMemoryMb } from '#persistence/backup-retention.js';
import { updateBackup } from '#persistence/backups.js';
import { allottedMemoryMb } from '#persistence/databases.js';
import type { BackupRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import {
  awaitLoaded,
  compareContents,
  createServer,
  loadServer,
  removeServer,
  serverExists,
  verdictOf,
  wasRefused,
} from '../backup/verification.js';
import { verificationServer, verificationVolume } from '../backup/verification-server.js';
import type { KindHandler } from './kind.js';
import { namedBackup } from './restore.js';
import { together } from './together.js';

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<VerifySituation> => ({
  exists: await serverExists(context),
  done,
});

const prepare = async (context: AttemptContext): Promise<void> => {
  const { containers } = context.engines;
  const backup = await namedBackup(context);
  await together(
    ensureImage(context, backup),
    requireRoom(context, backup),
    containers.ensureVolume(verificationVolume(verificationServer(context), backup), uninterrupted()),
  );
};

const ensureImage = async ({ engines, signal, log }: AttemptContext, { image }: BackupRow): Promise<void> => {
  if (await engines.containers.hasImage(image, signal)) return;
  await log('info', `Pulling the image ${image}.`);
  await engines.containers.pullImage(image, signal);
};

/** For as long as it takes, the data are there twice. Errors: `host_full`. */
const requireRoom = async (
  { engines, control, memoryOvercommit, operation, signal }: AttemptContext,
  { memory_mb: memoryMb }: BackupRow,
): Promise<void> => {
  const [host, allottedMb, verifyingMb] = await Promise.all([
    engines.containers.info(signal),
    allottedMemoryMb(control.db, null),
    verifyingMemoryMb(control.db, operation.id),
  ]);
  const takenMb = allottedMb + verifyingMb;
  if (memoryLimitBytes(takenMb + memoryMb) <= host.memoryBytes * memoryOvercommit) return;
  throw new HoldfastError('host_full', `A verification of ${memoryMb} MB does not fit beside ${takenMb} MB.`);
};

export const verifyBackup: KindHandler<VerifySituation, VerifyAction> = {
  observe,
  decide: decideVerify,
  actions: {
    remove: removeServer,
    prepare,
    create: async (context) => createServer(context, await namedBackup(context)),
    load: async (context) => loadServer(context, await namedBackup(context)),
    start: awaitLoaded,
    compare: async (context) => compareContents(context, await namedBackup(context)),
  },
  compensate: async (context) => {
    try {
      await removeServer(context);
      return [];
    } catch (error) {
      const { name } = verificationServer(context);
      return [`the throw-away server ${name}: ${error instanceof HoldfastError ? error.detail : String(error)}`];
    }
  },
  ended: async (tx, context, end) => {
    const id = String(context.operation.parameters['backupId']);
    const now = context.control.now();
    if (end.event === 'succeed') await updateBackup(tx, id, verdictOf(context, now));
    await condemnBackup(tx, id, end, now, wasRefused(context));
  },
  receipt: async (context) => {
    const {
      verification,
      verification_detail: detail,
      restore_ms: restoreMs,
    } = verdictOf(context, context.control.now());
    return { backupId: String(context.operation.parameters['backupId']), verification, detail, restoreMs };
  },
};
