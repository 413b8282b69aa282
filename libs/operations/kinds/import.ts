import { decideImport, type ImportAction, type ImportSituation } from '#domain/backup/decide-import.js';
import { roomyFor } from '#domain/backup/restored-settings.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { newestFormat } from '#domain/rdb/format.js';
import { noHistory } from '#engine/ports/foreign-server.js';
import { updateBackup } from '#persistence/backups.js';
import { findDatabase, updateDatabase } from '#persistence/databases.js';
import { forgetOperationSecret, findOperationSecret } from '#persistence/operation-secrets.js';
import { sealImport } from '../backup/import/seal-import.js';
import { describeSource, parseSource, sourceContext, type SourceWish } from '../backup/import/source-url.js';
import { on, type AttemptContext } from '../run/context.js';
import {
  backupIn,
  backupSnapshot,
  observeBackup,
  removeHalfMade,
  snapshotActions,
  writingOnce,
} from './backup-snapshot.js';
import { removeEverything } from './deprovision.js';
import type { KindHandler } from './kind.js';
import { restore } from './restore.js';
import { observeServer } from './server-actions.js';

const sourceOf = async ({ control, operation }: AttemptContext) => {
  const sealed = await findOperationSecret(control.db, operation.id);
  if (sealed === undefined) throw new HoldfastError('import_not_retryable', 'The URL of the source is gone.');
  return parseSource(JSON.parse(control.secrets.open(sealed, sourceContext(operation.id))) as SourceWish);
};

/** Everything that the source holds, as a backup of the new database. Errors: those of ForeignServers.fetch and of sealImport. */
const fetch = async (context: AttemptContext): Promise<void> => {
  const { control, engines, installation, environment, database, operation, signal } = context;
  const source = await sourceOf(context);
  const { host, port } = describeSource(source);
  await context.log('info', `Asking ${host}:${String(port)} for its data.`);
  const data = await engines.foreign.fetch(source, newestFormat(database.version), signal);
  try {
    await context.log(data.method === 'scan' ? 'warn' : 'info', sayHow[data.method]);
    const target = { installation, environment, database, backup: await backupIn(context), attempt: operation.attempt };
    const history = data.method === 'replication' ? { history: data } : {};
    const { body, usedMemoryBytes } = data;
    await sealImport(control, engines, target, { body, usedMemoryBytes, ...history }, signal);
  } finally {
    data.close();
  }
};

const sayHow = {
  replication: 'The source lets itself be copied as a whole: the data will be as they are now.',
  scan: 'The source does not let itself be copied, so its keys are read one by one: that is no snapshot, and what is written meanwhile may be in it or not.',
} as const;

/** As the history of the copy tells: the attempt that fetched may have been another one. */
const methodOf = (replicationId: string | undefined) => (replicationId === noHistory ? 'scan' : 'replication');

/** Where the data lie is known once they have been read: a server with fewer logical databases would end over them. */
const makeRoomy = async (context: AttemptContext): Promise<void> => {
  const { id, manifest } = await backupIn(context);
  const { settings } = context.database;
  const roomy = roomyFor(manifest?.contents, settings);
  if (roomy === settings) return;
  await context.log('info', `The new database has ${roomy['databases'] ?? ''} logical databases, as the data need.`);
  await context.write(async (tx) => {
    await updateDatabase(tx, context.database.id, { settings: JSON.stringify(roomy) });
    await updateBackup(tx, id, { settings: JSON.stringify(roomy) });
  });
};

/** The database as it is recorded since the data were read. */
const withRow =
  (act: (context: AttemptContext) => Promise<void>) =>
  async (context: AttemptContext): Promise<void> =>
    act(on(context, (await findDatabase(context.control.db, context.database.id)) ?? context.database));

const restored = {
  remove: withRow(restore.actions.remove),
  prepare: withRow(restore.actions.prepare),
  create: withRow(restore.actions.create),
  load: withRow(restore.actions.load),
  start: withRow(restore.actions.start),
  check: withRow(restore.actions.check),
  'open-doors': withRow(restore.actions['open-doors']),
  'await-ready': withRow(restore.actions['await-ready']),
} satisfies typeof restore.actions;

export const importKind: KindHandler<ImportSituation, ImportAction> = {
  observe: async (context, done) => ({
    server: await observeServer(context, done),
    backup: await observeBackup(context),
  }),
  decide: decideImport,
  actions: {
    ...restored,
    prepare: async (context) => {
      await makeRoomy(context);
      await restored.prepare(context);
    },
    tidy: snapshotActions.tidy,
    fetch: writingOnce(fetch),
    record: snapshotActions.record,
  },
  compensate: async (context) => [...(await removeHalfMade(context)), ...(await removeEverything(context))],
  ended: async (tx, context, end) => {
    await backupSnapshot.ended?.(tx, context, end);
    await forgetOperationSecret(tx, context.operation.id);
  },
  receipt: async (context) => {
    const backup = await backupIn(context);
    const method = methodOf(backup.manifest?.source.replicationId);
    const contents = backup.manifest?.contents;
    return {
      ...(await restore.receipt(context)),
      method,
      isSnapshot: method === 'replication',
      keys: Number(backup.keys),
      functions: contents && 'functions' in contents ? contents.functions : null,
      source: context.operation.parameters['source'],
    };
  },
};
