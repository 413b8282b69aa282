import { randomUUID } from 'node:crypto';
import { v5 } from 'uuid';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { IdentifiableStores, ObjectStore, ObjectStores, StoreIdentity } from '#engine/ports/object-store.js';
import type { Db, Tx } from '#persistence/connection.js';
import { findInstallation } from '#persistence/installation.js';
import { lockIdentity, manifestsIn, recordedIdentity, recordIdentity } from '#persistence/store-identities.js';
import type { Control } from '../control.js';

interface Place {
  readonly name: string;
  readonly store: ObjectStore;
  readonly identity: StoreIdentity;
}

const lookMs = 60_000;

/**
 * Stores that answer only while their places are those that the backups lie in (docs/adr/0017). A disk that is not mounted leaves an empty directory:
 * without this, backups would go where nobody looks for them, and those on the disk would pass for lost. Errors of each method, beside its
 * own: `backup_store_unreachable`.
 */
export const identifiedStores = (db: Db, stores: IdentifiableStores): ObjectStores => ({
  names: stores.names,
  open: (name) => {
    const store = stores.open(name);
    const identity = stores.identityOf(name);
    return identity ? asking(store, () => requirePlace(db, { name, store, identity })) : store;
  },
});

/** Engines whose stores are those. */
export const withIdentifiedStores = <Engines extends { readonly stores: IdentifiableStores }>(
  { db }: Control,
  engines: Engines,
): Omit<Engines, 'stores'> & { readonly stores: ObjectStores } => ({
  ...engines,
  stores: identifiedStores(db, engines.stores),
});

const requirePlace = async (db: Db, place: Place): Promise<void> => {
  for (;;) {
    const [recorded, found] = [await recordedIdentity(db, place.name), await place.identity.read()];
    if (recorded !== null && found.includes(recorded)) return;
    if (recorded === null) await requireKnown(db, place, found);
    else if ((await manifestsIn(db, place.name)).length > 0) throw elsewhere(place, recorded);
    if (await db.transaction().execute((tx) => settle(tx, place, recorded))) return;
  }
};

/** Backups from before there were identities say themselves where they lie, unless somebody has written the id that this error names. */
const requireKnown = async (db: Db, place: Place, found: readonly string[]): Promise<void> => {
  const complete = (await manifestsIn(db, place.name)).filter(({ isComplete }) => isComplete);
  if (complete.length === 0 || (await holdsOne(place.store, complete))) return;
  const installation = await findInstallation(db);
  if (!installation) throw new Error('There is no installation');
  const offered = v5(place.name, installation.id);
  if (!found.includes(offered)) throw elsewhere(place, offered);
};

const holdsOne = async (store: ObjectStore, manifests: readonly { readonly key: string }[]): Promise<boolean> => {
  const signal = AbortSignal.timeout(lookMs);
  for (const { key } of manifests) if (await store.find(key, signal)) return true;
  return false;
};

/**
 * The identity that it has, or gets, is the one that holds from now on; false when somebody else has recorded one since. A place that cannot be
 * written and has none can be read all the same.
 */
const settle = async (tx: Tx, place: Place, seen: string | null): Promise<boolean> => {
  await lockIdentity(tx, place.name);
  if ((await recordedIdentity(tx, place.name)) !== seen) return false;
  const identity = (await place.identity.read())[0] ?? (await identified(place));
  if (identity !== null) await recordIdentity(tx, place.name, identity);
  return true;
};

const identified = async ({ identity }: Place): Promise<string | null> => {
  const id = randomUUID();
  try {
    await identity.write(id);
    return id;
  } catch (error) {
    if (isHoldfastError(error, 'backup_store_refused') || isHoldfastError(error, 'backup_store_full')) return null;
    throw error;
  }
};

const elsewhere = ({ name, store, identity }: Place, id: string): HoldfastError =>
  new HoldfastError(
    'backup_store_unreachable',
    `${store.description} is not the place that the backups of the store "${name}" lie in; its disk may not be mounted. ` +
      `If it is to be used all the same, because they were moved or are gone for good: ${identity.byHand(id)}`,
  );

/** What is not there must be so in its place: a disk may go away between the question and the answer. */
const asking = (store: ObjectStore, requirePlace: () => Promise<void>): ObjectStore => ({
  description: store.description,
  put: async (...asked) => (await requirePlace(), store.put(...asked)),
  get: async (...asked) => {
    await requirePlace();
    try {
      return readIn(await store.get(...asked), requirePlace);
    } catch (error) {
      await requirePlace();
      throw error;
    }
  },
  find: async (...asked) => {
    await requirePlace();
    const found = await store.find(...asked);
    if (!found) await requirePlace();
    return found;
  },
  list: async function* (...asked) {
    await requirePlace();
    yield* store.list(...asked);
    await requirePlace();
  },
  remove: async (...asked) => (await requirePlace(), store.remove(...asked)),
  removeUnfinished: async (...asked) => (await requirePlace(), store.removeUnfinished(...asked)),
});

/** The file of a body is opened with its first bytes. */
const readIn = async function* (
  body: AsyncIterable<Buffer>,
  requirePlace: () => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    await requirePlace();
    throw error;
  }
};
