import { sweepActor } from '#domain/drift/sweep.js';
import { databasesWithExpired, lockTree } from '#persistence/credentials.js';
import { unfinishedOf } from '#persistence/replication.js';
import type { Control } from '../control.js';
import { recordOperation } from '../requests/record-operation.js';

/** Asks for the end of passwords whose time is over, one operation for each tree. */
export const retireExpired = async (
  control: Control,
  proceed: () => Promise<void>,
): Promise<{ readonly expired: number; readonly requested: number }> => {
  const seen = new Set<string>();
  let requested = 0;
  const expired = await databasesWithExpired(control.db, control.now());
  for (const id of expired) {
    if (seen.has(id)) continue;
    await proceed();
    await control.db.transaction().execute(async (tx) => {
      const tree = await lockTree(tx, id);
      for (const one of tree) seen.add(one.id);
      const database = tree.find((one) => one.id === id);
      if (!database || (await unfinishedOf(tx, 'retire-credentials', id))) return;
      await recordOperation(control, tx, {
        ...{ kind: 'retire-credentials', database, actor: sweepActor('credentials'), parameters: {} },
        others: tree.map((one) => one.id).filter((one) => one !== id),
      });
      requested++;
    });
  }
  return { expired: expired.length, requested };
};
