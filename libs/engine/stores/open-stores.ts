import type { BackupStoreSettings } from '#configuration/backup-stores.js';
import { storeGone } from '#domain/backup/store-gone.js';
import type { IdentifiableStores, ObjectStore } from '../ports/object-store.js';
import { DirectoryIdentity } from './directory-identity.js';
import { DirectoryStore } from './directory-store.js';
import { S3Store } from './s3-store.js';

/** The stores of the configuration. Each is opened when it is first asked for, and then kept, for its connections. */
export const openStores = (settings: BackupStoreSettings): IdentifiableStores => {
  const opened = new Map<string, ObjectStore>();
  return {
    names: Object.keys(settings),
    open: (name) => {
      const store = opened.get(name) ?? openStore(name, settings);
      opened.set(name, store);
      return store;
    },
    // Holdfast's own directory is made where it is missing, and a bucket is reached by its name.
    identityOf: (name) => {
      const store = settingsOf(name, settings);
      return store.type === 'directory' && !store.isOwn ? new DirectoryIdentity(store.path) : null;
    },
  };
};

const openStore = (name: string, settings: BackupStoreSettings): ObjectStore => {
  const store = settingsOf(name, settings);
  return store.type === 'directory' ? new DirectoryStore(store.path, store.isOwn) : new S3Store(store);
};

const settingsOf = (name: string, settings: BackupStoreSettings): BackupStoreSettings[string] => {
  const store = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (!store) throw storeGone(name);
  return store;
};
