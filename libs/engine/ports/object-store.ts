/**
 * Where backups lie: names and bytes. A key is a relative path of `[a-z0-9._-]` segments; it never begins with a dot.
 *
 * Every method takes an AbortSignal last. Errors are HoldfastErrors: `backup_store_unreachable` (no answer, one that asks to come back
 * later, a directory that is not there, for its disk may come back; worth trying again), `backup_store_refused` (credentials, a bucket that is not there, a directory that cannot be written),
 * `backup_store_full`, and those named at the method.
 */
export interface ObjectStore {
  /** Its kind and place, for people; never a secret. */
  readonly description: string;
  /**
   * Stores the body under the key, whole or not at all, in place of what was there; it is durable when this resolves. When the body throws,
   * nothing is stored and its error is thrown. Never holds more than a few MB. The bytes that arrived are checked where the store can.
   */
  put(key: string, body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>;
  /** Errors: `backup_object_missing` at once, or any of the others while it is read; a body that ends has ended whole, as the store sees it. */
  get(key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  find(key: string, signal: AbortSignal): Promise<StoredObject | null>;
  /** All whose keys begin with the prefix, by key. What is half stored is not among them. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** Absent is no error. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /**
   * Removes what uploads of keys with this prefix that never ended left behind, if they began before that moment; other users of the
   * place have theirs. Returns how many.
   */
  removeUnfinished(prefix: string, before: Date, signal: AbortSignal): Promise<number>;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** What tells a place from another one that is found under its path. Errors are those of ObjectStore. */
export interface StoreIdentity {
  /** Empty when the place has none; more than one where stores were brought together. */
  read(): Promise<readonly string[]>;
  /** In place of what was there. */
  write(id: string): Promise<void>;
  /** The command by which an administrator adds this one. */
  byHand(id: string): string;
}

export interface ObjectStores {
  /** The first one is the default. */
  readonly names: readonly string[];
  /** Errors: `backup_store_unknown`. */
  open(name: string): ObjectStore;
}

export interface IdentifiableStores extends ObjectStores {
  /** Null when nothing else is ever found in its place. Errors: `backup_store_unknown`. */
  identityOf(name: string): StoreIdentity | null;
}
