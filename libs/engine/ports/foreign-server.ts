import type { Snapshot } from './backup-streams.js';

/** A Redis server that is none of ours, and what to reach it with. */
export interface ForeignServer {
  readonly host: string;
  readonly port: number;
  /** Both may be empty: then nobody logs in. */
  readonly username: string;
  readonly password: string;
  readonly tls: {
    /** Who signs its certificate; null for whom this host trusts. */
    readonly caPem: string | null;
    readonly serverName: string;
    /** False trusts whoever answers. */
    readonly verify: boolean;
  } | null;
}

/** All data of a foreign server as an RDB file. */
export interface ForeignData extends Snapshot {
  /** A scan is no snapshot: each key is as it was when it was read. It has no replication history: `noHistory`, and offset 0. */
  readonly method: 'replication' | 'scan';
  /** As the server says; null when it does not. */
  readonly usedMemoryBytes: number | null;
}

export const noHistory = '0'.repeat(40);

export interface ForeignServers {
  /**
   * Asks a foreign server for its data: as a replica would, where it lets us; else key by key. Nothing is changed there. A file made of
   * scanned keys says that it is of `format`, and a key in a newer one ends it with `import_too_new`. Errors, also while the body is read:
   * `import_source_unreachable`, `import_source_refused`. None of them says more of a server's reply than its code.
   */
  fetch(server: ForeignServer, format: number, signal: AbortSignal): Promise<ForeignData>;
}
