import { databasesToTidy } from '#persistence/incarnations.js';
import { lockDatabase } from '#persistence/databases.js';
import { unfinishedOf } from '#persistence/replication.js';
import type { Control } from '../control.js';
import { recordOperation } from './record-operation.js';

const actor = 'sweep:upgrades';

/** Asks for the removal of kept servers whose time is over, once for each database. Returns how many were asked for. */
export const requestDiscards = async (control: Control): Promise<number> => {
  let asked = 0;
  for (const id of await databasesToTidy(control.db, control.now())) {
    await control.db.transaction().execute(async (tx) => {
      // Two workers may look at the same moment.
      const database = await lockDatabase(tx, id, 'no key update');
      if (database?.status !== 'provisioned' || (await unfinishedOf(tx, 'discard', id))) return;
      await recordOperation(control, tx, { kind: 'discard', database, actor, parameters: { all: false } });
      asked += 1;
    });
  }
  return asked;
};
