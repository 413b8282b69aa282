import type { BackupStreams } from '#engine/ports/backup-streams.js';
import type { CertificateAuthority } from '#engine/ports/certificate-authority.js';
import type { ContainerEngine } from '#engine/ports/container-engine.js';
import type { Edge } from '#engine/ports/edge.js';
import type { ForeignServers } from '#engine/ports/foreign-server.js';
import type { ObjectStores } from '#engine/ports/object-store.js';
import type { RedisConnector } from '#engine/ports/redis-node.js';
import type { Tx } from '#persistence/connection.js';
import type { DatabaseRow, EnvironmentRow, InstallationRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';

/** The outside world of a worker. */
export interface Engines {
  readonly containers: ContainerEngine;
  readonly redis: RedisConnector;
  readonly edge: Edge;
  readonly certificates: CertificateAuthority;
  readonly stores: ObjectStores;
  readonly streams: BackupStreams;
  readonly foreign: ForeignServers;
}

/** What one attempt of an operation works with. */
export interface AttemptContext {
  readonly control: Control;
  readonly engines: Engines;
  readonly installation: InstallationRow;
  readonly operation: OperationRow;
  /** The subject of the operation. */
  readonly database: DatabaseRow;
  /** The other databases that it holds, as they were when the attempt began, in the order of the request. */
  readonly others: readonly DatabaseRow[];
  readonly environment: EnvironmentRow;
  /** Whether the database's status allowed the operation to begin; if not, it fails and nothing is touched. */
  readonly begun: boolean;
  /** Sum of memory limits over host memory that is still accepted. */
  readonly memoryOvercommit: number;
  /** Where this host reaches the edge. */
  readonly edgeAddress: string;
  /** Aborted with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
  /** A transaction that only the holder of the lease can make. Errors: `LeaseLost`. */
  readonly write: (work: (tx: Tx) => Promise<void>) => Promise<void>;
  /** A line of the operation's log, which its followers see at once. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => Promise<void>;
}

/** The same attempt with another of its databases in place of the subject. */
export const on = (context: AttemptContext, database: DatabaseRow): AttemptContext => ({ ...context, database });

/** Why an attempt stops before its end. */
export class Interruption extends Error {
  override readonly name = 'Interruption';

  constructor(readonly why: 'shutdown' | 'cancel' | 'lease-lost' | 'deadline') {
    super(`The attempt was interrupted: ${why}`);
  }
}
