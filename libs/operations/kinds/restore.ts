import { decideRestore, type RestoreAction, type ServerSituation } from '#domain/operation/decide-server.js';
import { countDifferences } from '#domain/backup/count-differences.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { emptyDataFile } from '#domain/server/restored-data.js';
import { serverPaths } from '#domain/server/names.js';
import { findBackup } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import { condemnBackup } from '../backup/condemn.js';
import { betweenLooksMs, loadBackup, requireBackup } from '../backup/load.js';
import { outlastEnds } from '../backup/outlast-ends.js';
import { awaitAnswer, awaitReady } from '../server/readiness.js';
import type { AttemptContext } from '../run/context.js';
import { perAttempt } from '../run/per-attempt.js';
import { removeEverything } from './deprovision.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';
import { create, observeServer, prepare, remove, removeVolume, serverIn, start } from './server-actions.js';

/** A server loads some hundred MB in a second; this is for the largest, on the slowest disks. */
const loadDeadlineMs = 3 * 3_600_000;

const timing = perAttempt(() => ({ beganMs: 0, tookMs: null as number | null }));

export const namedBackup = async ({ control, operation }: AttemptContext): Promise<BackupRow> => {
  const id = String(operation.parameters['backupId']);
  return requireBackup(await findBackup(control.db, id), id);
};

const load = async (context: AttemptContext): Promise<void> => {
  timing(context).beganMs = performance.now();
  const backup = await namedBackup(context);
  const { version, persistence } = context.database;
  await context.log('info', `Putting in the data of the backup ${backup.id} of "${backup.handle}".`);
  const { name: container, volume, owner } = serverIn(context);
  await loadBackup(context, backup, { container, volume: { name: volume, owner }, version, persistence });
};

/** One that ends over its data stays as it ended, so that it is seen how; until it has loaded them, nobody starts it but this operation. */
const startToLoad = async (context: AttemptContext): Promise<void> => {
  await context.engines.containers.setRestartPolicy(serverIn(context).name, 'no', context.signal);
  await start(context);
};

/**
 * What this attempt has not put in proves nothing of the backup: a server that keeps its data in memory only comes back empty when its host
 * does, and clients may have written to one that was offered before its worker died. Such a one is made anew.
 */
const refuseContents = async (context: AttemptContext, differences: string): Promise<never> => {
  if (timing(context).beganMs > 0) throw new HoldfastError('backup_corrupt', differences);
  await remove(context);
  await removeVolume(context);
  throw new HoldfastError('server_not_ready', `The server of an earlier attempt was removed: ${differences}`);
};

/** The server has loaded what the manifest says. Errors: `data_not_loaded`, `server_not_ready`, `backup_corrupt`. */
const check = async (context: AttemptContext): Promise<void> => {
  const server = serverIn(context);
  const { manifest } = await namedBackup(context);
  const { containers } = context.engines;
  const patience = { deadlineMs: loadDeadlineMs, intervalMs: betweenLooksMs(manifest?.object.clearBytes ?? 0) };
  const node = await outlastEnds(context, server.name, () => awaitAnswer(context, server, patience));
  try {
    await containers.setRestartPolicy(server.name, 'unless-stopped', context.signal);
    const contents = manifest?.contents;
    if (contents && !('unreadable' in contents)) {
      const differences = countDifferences(contents, await node.info('keyspace', context.signal));
      if (differences.length > 0) await refuseContents(context, differences.join(' '));
    }
  } finally {
    node.close();
  }
  const took = timing(context);
  if (took.beganMs > 0) took.tookMs = Math.round(performance.now() - took.beganMs);
  // One that keeps its data in memory only comes back empty, not with what it was restored from.
  if (context.database.persistence === 'none') {
    await containers.writeFiles(server.name, serverPaths.root, [emptyDataFile], context.signal);
  }
};

export const restore: KindHandler<ServerSituation, RestoreAction> = {
  observe: observeServer,
  decide: decideRestore,
  actions: {
    remove,
    prepare,
    create,
    load,
    start: startToLoad,
    check,
    'open-doors': openDoors,
    'await-ready': (context) => awaitReady(context, serverIn(context)),
  },
  compensate: removeEverything,
  ended: async (tx, { control, operation }, end) =>
    condemnBackup(tx, String(operation.parameters['backupId']), end, control.now()),
  receipt: (context) => ({
    databaseId: context.database.id,
    backupId: String(context.operation.parameters['backupId']),
    version: context.database.version,
    image: context.database.image,
    restoreMs: timing(context).tookMs,
  }),
};
