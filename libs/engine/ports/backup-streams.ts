import type { ChecksumUse } from '#domain/rdb/rdb-parser.js';
import type { RdbSummary } from '#domain/rdb/summary.js';
import type { RedisTarget } from './redis-node.js';

/** The data set of a running server as it was at one moment. */
export interface Snapshot {
  /** Where the server's replication history stood then. */
  readonly replicationId: string;
  readonly offset: number;
  /** An RDB file. It ends only when it is whole; a link that breaks throws `server_not_ready`. */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the link; needed only when the body is not read to its end. */
  close(): void;
}

export const codecs = ['zstd', 'gzip'] as const;
export type Codec = (typeof codecs)[number];

/** What becomes of clear bytes in an object store. */
export interface SealedObject {
  readonly codec: Codec;
  readonly clearBytes: number;
  /** Hexadecimal, as all hashes here. */
  readonly clearSha256: string;
  readonly storedBytes: number;
  readonly storedSha256: string;
}

export interface Sealing {
  /** The bytes are bound to it: they open under no other one. */
  readonly context: string;
  /** 32 bytes, for this object only. */
  readonly dataKey: Buffer;
}

/** The streams that backups are made of: one pass, constant memory. */
export interface BackupStreams {
  /**
   * Asks a server for its data set as a replica would, without becoming one. The server forks once; its own compression is off for
   * this stream where that can be set. Errors: `server_not_ready`.
   */
  snapshot(target: RedisTarget, signal: AbortSignal): Promise<Snapshot>;
  /** Compresses and seals a body on its way to `store`, which is whoever takes the stored bytes. Errors: those of both ends. */
  seal(
    body: AsyncIterable<Buffer>,
    sealing: Sealing,
    store: (stored: AsyncIterable<Buffer>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<SealedObject>;
  /**
   * The clear bytes of a stored body. It ends only when every byte was as expected; else it throws `backup_corrupt`, and what came out
   * until then must not be used.
   */
  unseal(
    stored: AsyncIterable<Buffer>,
    sealing: Sealing,
    expected: SealedObject,
    signal: AbortSignal,
  ): AsyncIterable<Buffer>;
  /**
   * Reads an RDB file that passes by. `horizon`: see RdbSummary; null counts no key as lasting. The checksum at its end is left to the
   * server that loads the file, unless it is to be checked.
   */
  read(horizon: Date | null, checksum?: ChecksumUse): RdbReading;
}

export interface RdbReading {
  /** The same bytes, in the same order. */
  through(body: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  /**
   * After the last byte. Null when the file holds what the reader does not know, such as a module's type: a reason is given. Errors:
   * `backup_corrupt` when the bytes are no RDB file, or not those of its checksum.
   */
  summary(): Promise<RdbSummary | { readonly unreadable: string }>;
}
