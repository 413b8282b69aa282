import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { findSetting, valueOf } from '#domain/settings/settings.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { writeAnew } from './mode.js';
import { configurationOf } from './wanted.js';

/** A server does not start with data of a logical database that it does not have. Errors: `setting_conflict`. */
export const requireDatabases = async (after: AttemptContext): Promise<void> => {
  const count = databasesOf(after);
  const keyspace = await asManager(after, (node) => node.info('keyspace', after.signal));
  const beyond = Object.keys(keyspace).filter((name) => /^db\d+$/.test(name) && Number(name.slice(2)) >= count);
  if (beyond.length === 0) return;
  throw new HoldfastError(
    'setting_conflict',
    `databases: there are keys in ${beyond.join(', ')}, which ${String(count)} databases do not have.`,
  );
};

/**
 * Before a server starts with fewer logical databases. Its append-only file tells also of keys that were deleted since it was last written anew: a
 * Redis that does not have their database carries out on another one what was done to them, deletions as well. Errors: `setting_conflict`.
 */
export const forgetDatabases = async (after: AttemptContext): Promise<void> => {
  const { databases } = await asManager(after, (node) => node.configGet(['databases'], after.signal));
  if (Number(databases) <= databasesOf(after)) return;
  await requireDatabases(after);
  await writeAnew(after, after.database.persistence);
  await requireDatabases(after);
};

const databasesOf = ({ database }: AttemptContext): number => {
  const definition = findSetting('databases');
  if (!definition) throw new Error('The allow-list has no databases');
  return Number(valueOf(definition, configurationOf(database)));
};
