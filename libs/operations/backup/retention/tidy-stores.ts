import type { ObjectStore, ObjectStores, StoredObject } from '#engine/ports/object-store.js';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints } from '#observability/fault-points.js';
import { namedPrefixes } from '#persistence/backup-retention.js';
import type { Db } from '#persistence/connection.js';
import { findInstallation } from '#persistence/installation.js';
import type { Control } from '../../control.js';
import { backupPrefix, installationPrefix, isManifestKey } from '../location.js';

/** Younger ones may belong to something that is just being made, by clocks that differ. */
const strayAfterMs = 86_400_000;
const prefixesAtOnce = 500;

export interface TidiedStores {
  readonly removed: number;
  /** Backups with a manifest that no row names, not even as failed or purged. They are left: Postgres may have been put back to an earlier day, and they are all there is. */
  readonly unknownBackups: number;
  readonly unreachable: readonly string[];
}

/** Removes what lies in the stores without being a backup, or part of one that is being made. One store that is away stops no other. */
export const tidyStores = async (
  control: Control,
  stores: ObjectStores,
  proceed: () => Promise<void>,
  signal: AbortSignal,
): Promise<TidiedStores> => {
  const installation = await findInstallation(control.db);
  if (!installation) throw new Error('There is no installation');
  const before = new Date(control.now().getTime() - strayAfterMs);
  let [removed, unknownBackups] = [0, 0];
  const unreachable: string[] = [];
  for (const name of stores.names) {
    await proceed();
    try {
      const store = stores.open(name);
      const tidy = new StoreTidying(
        control.db,
        { name, store, installationId: installation.id },
        before,
        proceed,
        signal,
      );
      await tidy.run();
      removed += tidy.removed + (await store.removeUnfinished(installationPrefix(installation.id), before, signal));
      unknownBackups += tidy.unknownBackups;
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      unreachable.push(name);
    }
  }
  return { removed, unknownBackups, unreachable };
};

const isAway = (error: unknown): boolean =>
  isHoldfastError(error) &&
  ['backup_store_unreachable', 'backup_store_refused', 'backup_store_full'].includes(error.code);

/** The objects below one prefix, as far as they are of interest. */
interface Pile {
  readonly prefix: string;
  readonly objects: StoredObject[];
}

class StoreTidying {
  removed = 0;
  unknownBackups = 0;

  constructor(
    private readonly db: Db,
    private readonly place: { readonly name: string; readonly store: ObjectStore; readonly installationId: string },
    private readonly before: Date,
    private readonly proceed: () => Promise<void>,
    private readonly signal: AbortSignal,
  ) {}

  /** A listing is in the order of the keys, so that what belongs together comes together, and never all of it is in memory. */
  async run(): Promise<void> {
    const { store, installationId } = this.place;
    let piles: Pile[] = [];
    for await (const object of store.list(installationPrefix(installationId), this.signal)) {
      const prefix = prefixOf(object.key, installationId);
      const last = piles.at(-1);
      if (last?.prefix === prefix) {
        last.objects.push(object);
        continue;
      }
      if (piles.length >= prefixesAtOnce) {
        await this.clear(piles);
        piles = [];
      }
      piles.push({ prefix, objects: [object] });
    }
    await this.clear(piles);
  }

  private async clear(piles: readonly Pile[]): Promise<void> {
    await this.proceed();
    const prefixes = piles.map(({ prefix }) => prefix);
    const named = await namedPrefixes(this.db, this.place.name, prefixes);
    for (const { prefix, objects } of piles) {
      const isLive = named.get(prefix)?.isLive;
      if (isLive || objects.some(({ modifiedAt }) => modifiedAt >= this.before)) continue;
      if (isLive === undefined && objects.some(({ key }) => isManifestKey(key))) {
        this.unknownBackups++;
        continue;
      }
      for (const { key } of objects) {
        await this.place.store.remove(key, this.signal);
        this.removed++;
        await faultPoints.reached('retention:stray-removed');
      }
    }
  }
}

const prefixOf = (key: string, installationId: string): string => {
  const rest = key.slice(installationPrefix(installationId).length);
  return backupPrefix(installationId, rest.split('/')[0] ?? '');
};
