import { randomUUID } from 'node:crypto';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { IdentifiableStores, ObjectStore, ObjectStores, StoreIdentity } from '#engine/ports/object-store.js';
import type { Db, Tx } from '#persistence/connection.js';
import type { Control } from '../control.js';
import { holdsBackups, lockIdentities, recordedIdentity, recordIdentity } from '#persistence/store-identities.js';

interface Place {
  readonly name: string;
  readonly description: string;
  readonly identity: StoreIdentity;
}

/**
 * Stores that answer only while their places are those that the backups lie in (docs/adr/0017). A disk that is not mounted leaves an empty directory:
 * without this, backups would go where nobody looks for them, and those on the disk would pass for lost. Errors of each method, beside its
 * own: `backup_store_unreachable`.
 */
export const identifiedStores = (db: Db, stores: IdentifiableStores): ObjectStores => {
  const known = new Map<string, string>();
  const requirePlace = async (place: Place): Promise<void> => {
    const recorded = known.get(place.name) ?? (await recordedIdentity(db, place.name));
    const isSame = recorded !== null && (await place.identity.read()) === recorded;
    const identity = isSame ? recorded : await db.transaction().execute((tx) => settle(tx, place));
    if (identity !== null) known.set(place.name, identity);
  };
  return {
    names: stores.names,
    open: (name) => {
      const store = stores.open(name);
      const identity = stores.identityOf(name);
      if (!identity) return store;
      return asking(store, () => requirePlace({ name, description: store.description, identity }));
    },
  };
};

/** Engines whose stores are those. */
export const withIdentifiedStores = <Engines extends { readonly stores: IdentifiableStores }>(
  { db }: Control,
  engines: Engines,
): Omit<Engines, 'stores'> & { readonly stores: ObjectStores } => ({
  ...engines,
  stores: identifiedStores(db, engines.stores),
});

/** The identity that holds from now on; null when the place cannot be written and has none: it can be read all the same. */
const settle = async (tx: Tx, place: Place): Promise<string | null> => {
  await lockIdentities(tx);
  const [recorded, found] = [await recordedIdentity(tx, place.name), await place.identity.read()];
  if (recorded !== null && found !== recorded && (await holdsBackups(tx, place.name))) throw elsewhere(place, recorded);
  const identity = found ?? (await identified(place));
  if (identity !== null && identity !== recorded) await recordIdentity(tx, place.name, identity);
  return identity;
};

const identified = async ({ identity }: Place): Promise<string | null> => {
  try {
    await identity.write(randomUUID());
    return await identity.read();
  } catch (error) {
    if (isHoldfastError(error, 'backup_store_refused') || isHoldfastError(error, 'backup_store_full')) return null;
    throw error;
  }
};

const elsewhere = ({ name, description, identity }: Place, recorded: string): HoldfastError =>
  new HoldfastError(
    'backup_store_unreachable',
    `${description} is not the place that the backups of the store "${name}" lie in; its disk may not be mounted.`,
    {
      remedy: `Mount the disk; the operation goes on by itself for some minutes, and can be retried after that. If the backups were moved there, or are gone for good: ${identity.byHand(recorded)}`,
    },
  );

const asking = (store: ObjectStore, require: () => Promise<void>): ObjectStore => ({
  description: store.description,
  put: async (...asked) => (await require(), store.put(...asked)),
  get: async (...asked) => (await require(), store.get(...asked)),
  find: async (...asked) => (await require(), store.find(...asked)),
  list: async function* (...asked) {
    await require();
    yield* store.list(...asked);
  },
  remove: async (...asked) => (await require(), store.remove(...asked)),
  removeUnfinished: async (...asked) => (await require(), store.removeUnfinished(...asked)),
});
