import { refuse, type Decision } from '#domain/operation/decide-server.js';
import { faultPoints } from '#observability/fault-points.js';
import { copiesOf, findBackup, holderOf, isPlaceOfAnother, lockBackup, updateBackup } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import { removeBelow } from '../backup/stored.js';
import { holdText } from '../requests/request-backup.js';
import type { AttemptContext } from '../run/context.js';
import type { KindHandler } from './kind.js';

type Action = 'remove' | 'record';
interface Situation {
  readonly backup: BackupRow | undefined;
  /** Whoever is held of what would go. */
  readonly held: BackupRow | undefined;
  readonly done: ReadonlySet<string>;
}

/** The backup and its copies: purging the one purges the others. */
const family = async ({ control }: AttemptContext, backup: BackupRow): Promise<readonly BackupRow[]> => [
  ...(await copiesOf(control.db, backup.id)),
  backup,
];

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<Situation> => {
  const backup = await named(context);
  return { backup, held: backup && (await holderOf(context.control.db, backup)), done };
};

const decide = ({ backup, held, done }: Situation): Decision<Action> => {
  if (!backup) return refuse('backup_not_found', 'There is no such backup.');
  if (backup.status === 'purged') return { next: 'finish' };
  if (held) return refuse('backup_held', holdText(held));
  return { next: done.has('remove') ? 'record' : 'remove' };
};

const remove = async (context: AttemptContext): Promise<void> => {
  const { control, engines, signal } = context;
  const all = await family(context, await requireNamed(context));
  const ids = all.map(({ id }) => id);
  for (const place of all) {
    if (await isPlaceOfAnother(control.db, place, ids)) continue;
    await removeBelow(engines.stores.open(place.store), place.prefix, signal);
    await faultPoints.reached('purge:objects-removed');
  }
};

/** What opened it is gone with it: nobody reads the bytes any more, wherever they were copied to. */
const record = async (context: AttemptContext): Promise<void> => {
  const backup = await requireNamed(context);
  const all = await family(context, backup);
  await context.write(async (tx) => {
    await lockBackup(tx, backup.id, 'no key update');
    for (const { id } of all) {
      await updateBackup(tx, id, { status: 'purged', purged_at: context.control.now(), envelope: null });
    }
  });
};

const named = ({ control, operation }: AttemptContext): Promise<BackupRow | undefined> =>
  findBackup(control.db, String(operation.parameters['backupId']));

const requireNamed = async (context: AttemptContext): Promise<BackupRow> => {
  const backup = await named(context);
  if (!backup) throw new Error('The backup was there a moment ago');
  return backup;
};

export const purgeBackup: KindHandler<Situation, Action> = {
  observe,
  decide,
  actions: { remove, record },
  receipt: ({ operation }) => ({ backupId: String(operation.parameters['backupId']) }),
};
