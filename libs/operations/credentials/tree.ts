import { treeIndex } from '#persistence/drift.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';

/** The databases that hang together with the context's, and have servers. */
export const readyTree = async ({ control, database }: AttemptContext): Promise<readonly DatabaseRow[]> => {
  const ids = await treeIndex(control.db, database.id);
  const rows = await Promise.all([...ids].sort().map((id) => findDatabase(control.db, id)));
  return rows.filter((row) => row?.status === 'provisioned').filter((row) => row !== undefined);
};

/** One after the other, so that what fails leaves the fewest behind. */
export const onEachServer = async (
  context: AttemptContext,
  work: (there: AttemptContext) => Promise<void>,
): Promise<void> => {
  for (const database of await readyTree(context)) await work(on(context, database));
};
