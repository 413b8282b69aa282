import { v7 } from 'uuid';
import type { Catalogue } from '#domain/catalogue/version.js';
import type { NetworkPool } from '#domain/server/addresses.js';
import type { Db } from '#persistence/connection.js';
import type { PortRange } from '#persistence/doors.js';
import type { MasterKey, SecretBox } from './secrets/secret-box.js';

/** What every request and every worker of an installation shares. */
export interface Control {
  readonly db: Db;
  readonly installation: string;
  /** As its file is now, if that is valid; else as it was. */
  readonly catalogue: Catalogue;
  /** Why its file as it is now is not used; null while it is. */
  readonly catalogueRefusal: string | null;
  readonly secrets: SecretBox;
  /** What is in the file of the master key now; `secrets` has what was in it at the start. Errors: `configuration_invalid`. */
  readonly keysOnFile: () => readonly MasterKey[];
  readonly networkPool: NetworkPool;
  readonly ports: PortRange;
  /** Where clients outside the network reach the edge. */
  readonly advertisedHost: string;
  /** Names of the stores that backups may lie in; the first one is the default. */
  readonly backupStores: readonly [string, ...string[]];
  /** How long a server that an upgrade has replaced is kept as the way back. */
  readonly keepReplacedMs: number;
  readonly now: () => Date;
}

/** UUIDv7: ids of one process sort by the time they were made, so they also order the operations on a database. */
export const newId = (): string => v7();
