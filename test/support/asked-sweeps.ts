import { sql } from 'kysely';
import { newId, type Control } from '#operations/control.js';
import { findSweep, insertSweep, type SweepRow } from '#persistence/sweeps.js';
import { eventually } from './eventually.js';

type SweepKind = Parameters<typeof insertSweep>[2];

/** A real installation or one of fakes. */
interface Controlled {
  readonly control: Control;
}

/** Asks for a sweep, as the API does. Returns its id. */
export const askForSweep = async ({ control: { db } }: Controlled, kind: SweepKind): Promise<string> => {
  const id = newId();
  await db.transaction().execute((tx) => insertSweep(tx, id, kind, 'test'));
  return id;
};

export const endedSweep = ({ control: { db } }: Controlled, id: string): Promise<SweepRow> =>
  eventually(
    async () => {
      const row = await findSweep(db, id);
      if (!row?.finished_at) throw new Error(`The sweep is ${row?.status ?? 'missing'}`);
      return row;
    },
    { withinMs: 60_000 },
  );

/** A dead worker's lease, as it is a minute later. */
export const letSweepLeaseRunOut = async ({ control: { db } }: Controlled): Promise<void> => {
  await sql`UPDATE sweeps SET lease_expires_at = now() - interval '1 second' WHERE status = 'running'`.execute(db);
};
