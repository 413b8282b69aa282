import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ObjectStore, ObjectStores } from '#engine/ports/object-store.js';
import { DirectoryStore } from '#engine/stores/directory-store.js';

type Change = 'put' | 'remove';

/** A real directory that refuses what a test tells it to refuse. */
export class ToldStore implements ObjectStore {
  /** Of these changes, those of keys that end so. */
  readonly refused = new Map<Change, string>();
  readonly description: string;
  readonly list: ObjectStore['list'];
  readonly find: ObjectStore['find'];
  readonly get: ObjectStore['get'];
  readonly removeUnfinished: ObjectStore['removeUnfinished'];

  constructor(private readonly store: ObjectStore) {
    this.description = store.description;
    this.list = store.list.bind(store);
    this.find = store.find.bind(store);
    this.get = store.get.bind(store);
    this.removeUnfinished = store.removeUnfinished.bind(store);
  }

  async put(...asked: Parameters<ObjectStore['put']>): Promise<void> {
    this.requireAllowed('put', asked[0]);
    return this.store.put(...asked);
  }

  async remove(...asked: Parameters<ObjectStore['remove']>): Promise<void> {
    this.requireAllowed('remove', asked[0]);
    return this.store.remove(...asked);
  }

  private requireAllowed(change: Change, key: string): void {
    const ending = this.refused.get(change);
    if (ending !== undefined && key.endsWith(ending))
      throw new HoldfastError('backup_store_refused', `${change} ${key}`);
  }
}

export interface StoresOfFolders extends ObjectStores {
  open(name: string): ToldStore;
  close(): Promise<void>;
}

/** Two stores, each in a folder of its own. */
export const storesOfFolders = async (): Promise<StoresOfFolders> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-stores-'));
  const names = ['default', 'second'] as const;
  const stores = new Map<string, ToldStore>(
    names.map((name) => [name, new ToldStore(new DirectoryStore(join(folder, name), true))]),
  );
  return {
    names,
    open: (name) => {
      const store = stores.get(name);
      if (!store) throw new HoldfastError('backup_store_unknown', name);
      return store;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
};
