import type { FakeAcl } from './acl.js';
import type { FakeConnections } from './connections.js';
import type { FakeDataset } from './dataset.js';
import type { FakeReplication, Source } from './replication.js';
import type { FakeSettings } from './settings.js';
import type { FakeTls } from './tls.js';

/** The parts of a server that its commands work on. */
export interface Served {
  readonly version: string;
  readonly runId: string;
  readonly startedAt: Date;
  readonly settings: FakeSettings;
  readonly tls: FakeTls;
  readonly acl: FakeAcl;
  readonly dataset: FakeDataset;
  readonly connections: FakeConnections;
  readonly replication: FakeReplication;
  readonly now: () => Date;
  follow(source: Source | null): void;
  saveUsers(): void;
  loadUsers(): void;
  /** Ends the connections and links of these users. */
  dropUsers(names: readonly string[]): void;
  saveData(): void;
}
