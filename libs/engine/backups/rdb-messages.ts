import type { ChecksumUse, RdbOutcome } from '#domain/rdb/rdb-parser.js';

/** What a thread is started with. */
export interface RdbOrder {
  /** Of an RdbPipe. */
  readonly memory: SharedArrayBuffer;
  /** Milliseconds since 1970. */
  readonly horizon: number | null;
  readonly checksum: ChecksumUse;
}

/** What a thread says: that the pipe has room again for one who waits for it, and at last one of the others. */
export type RdbAnswer =
  | { readonly kind: 'room' }
  | { readonly kind: 'outcome'; readonly outcome: RdbOutcome }
  | { readonly kind: 'corrupt'; readonly detail: string };
