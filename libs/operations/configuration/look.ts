import { maxmemoryBytes } from '#domain/database/size.js';
import { requireHarmony } from '#domain/settings/change.js';
import type { AttemptContext } from '../run/context.js';
import { requireDatabases } from './fewer-databases.js';
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
