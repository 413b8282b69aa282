import { maxmemoryBytes } from '#domain/database/size.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { requireHarmony } from '#domain/settings/change.js';
import { findSetting, valueOf } from '#domain/settings/settings.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { requireFit } from './memory.js';
import { requireTreeHarmony } from './tree-harmony.js';
import { configurationOf } from './wanted.js';

/** What only a look at the server and its tree can tell. Errors: `setting_conflict`, `memory_in_use`. */
export const look = async (context: AttemptContext, after: AttemptContext): Promise<void> => {
  const [before, wanted] = [context.database, after.database];
  requireHarmony(wanted.version, configurationOf(wanted));
  await requireTreeHarmony(context.control.db, before, wanted);
  await requireDatabases(after);
  const maximum = ({ memory_mb: memoryMb, persistence }: typeof wanted) => maxmemoryBytes(memoryMb, persistence);
  if (maximum(wanted) < maximum(before)) await requireFit(after);
};

/** A server does not start with data of a logical database that it does not have. */
const requireDatabases = async (context: AttemptContext): Promise<void> => {
  const { signal, database } = context;
  const definition = findSetting('databases');
  if (!definition) throw new Error('The allow-list has no databases');
  const count = Number(valueOf(definition, configurationOf(database)));
  const keyspace = await asManager(context, (node) => node.info('keyspace', signal));
  const beyond = Object.keys(keyspace).filter((name) => /^db\d+$/.test(name) && Number(name.slice(2)) >= count);
  if (beyond.length === 0) return;
  throw new HoldfastError(
    'setting_conflict',
    `databases: there are keys in ${beyond.join(', ')}, which ${String(count)} databases do not have.`,
  );
};
