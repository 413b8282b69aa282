import { refuse, type Decision } from '#domain/operation/decide-server.js';
import { faultPoints } from '#observability/fault-points.js';
import {
  beginPurge,
  findBackup,
  holderOf,
  isPlaceOfAnother,
  lockBackup,
  purgedWith,
  updateBackup,
} from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import { removeBelow } from '../backup/stored.js';
import { holdText, requirePurgeable } from '../requests/request-backup.js';
import type { AttemptContext } from '../run/context.js';
import type { KindHandler } from './kind.js';

type Action = 'mark' | 'remove' | 'record';
interface Situation {
  readonly backup: BackupRow | undefined;
  /** Something of what goes counts as a backup still. */
  readonly counts: boolean;
  /** Whoever is held of what would go. */
  readonly held: BackupRow | undefined;
  readonly done: ReadonlySet<string>;
}

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<Situation> => {
  const { db } = context.control;
  const backup = await named(context);
  if (!backup) return { backup, counts: false, held: undefined, done };
  const all = await purgedWith(db, backup);
  return { backup, counts: all.some(({ status }) => status === 'complete'), held: await holderOf(db, backup), done };
};

const decide = ({ backup, counts, held, done }: Situation): Decision<Action> => {
  if (!backup) return refuse('backup_not_found', 'There is no such backup.');
  if (backup.status === 'purged') return { next: 'finish' };
  if (held) return refuse('backup_held', holdText(held));
  if (counts) return { next: 'mark' };
  return { next: done.has('remove') ? 'record' : 'remove' };
};

/** Before the first object goes: a purge that comes to no end leaves nothing that passes for a backup. Refused, it has touched nothing. */
const mark = async (context: AttemptContext): Promise<void> => {
  const { id } = await requireNamed(context);
  await context.write(async (tx) => {
    const backup = await lockBackup(tx, id, 'no key update');
    if (!backup) return;
    await requirePurgeable(tx, backup, context.operation.id);
    await beginPurge(
      tx,
      (await purgedWith(tx, backup)).map((one) => one.id),
    );
  });
};

const isMarked = ({ status }: BackupRow): boolean => status !== 'complete';

const remove = async (context: AttemptContext): Promise<void> => {
  const { control, engines, signal } = context;
  const all = (await purgedWith(control.db, await requireNamed(context))).filter(isMarked);
  const ids = all.map(({ id }) => id);
  for (const place of all) {
    if (await isPlaceOfAnother(control.db, place, ids)) continue;
    await removeBelow(engines.stores.open(place.store), place.prefix, signal);
    await faultPoints.reached('purge:objects-removed');
  }
};

/** What opened it is gone with it: nobody reads the bytes any more, wherever they were copied to. */
const record = async (context: AttemptContext): Promise<void> => {
  const { id: named } = await requireNamed(context);
  await context.write(async (tx) => {
    const backup = await lockBackup(tx, named, 'no key update');
    if (!backup) return;
    const gone = { status: 'purged', purged_at: context.control.now(), envelope: null } as const;
    for (const { id, manifest_key: key, error } of (await purgedWith(tx, backup)).filter(isMarked))
      await updateBackup(tx, id, { ...gone, error: key === null ? error : null });
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
  actions: { mark, remove, record },
  receipt: ({ operation }) => ({ backupId: String(operation.parameters['backupId']) }),
};
