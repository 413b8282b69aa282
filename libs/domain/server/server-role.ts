import type { PersistenceMode } from '../database/persistence.js';
import { serverPorts } from './names.js';
import type { ReplicationLogin } from './users.js';

/** What a server is in its replication tree, as its file has it: a restart by Docker alone comes back in this role. */
export type ServerRole =
  | { readonly kind: 'primary'; readonly followers: number }
  | { readonly kind: 'replica'; readonly sourceAddress: string; readonly login: ReplicationLogin }
  /** Was a primary until a failover: its data can be read, and nothing can be written. */
  | { readonly kind: 'fenced' };

type Settings = Readonly<Record<string, string>>;

/**
 * The gate of a primary that others follow. A server that starts cannot know whether it was replaced while it was away, so it takes no
 * write before all its followers or Holdfast have come back to it: one of them that takes writes itself does not come, and those that
 * have not heard of it yet must not open the gate. One that keeps its data in memory only, and so is empty, hands out no full copy
 * either: its followers would throw their data away for it (docs/adr/0009).
 */
export const shutGate = (persistence: PersistenceMode, followers = 1): Settings => ({
  'min-replicas-to-write': String(followers),
  'repl-diskless-sync-delay': persistence === 'none' ? '2147483' : '0',
});

/** Set at run time by whoever knows that the server is the primary. */
export const openGate: Settings = { 'min-replicas-to-write': '0', 'repl-diskless-sync-delay': '0' };

/** Nobody listens there: a replica without a source keeps its data and takes no write. */
export const nowhere = '127.0.0.1 1';

export const roleSettings = (role: ServerRole, persistence: PersistenceMode): Settings => {
  switch (role.kind) {
    case 'primary':
      return role.followers > 0 ? shutGate(persistence, role.followers) : openGate;
    case 'replica':
      return {
        ...openGate,
        replicaof: `${role.sourceAddress} ${serverPorts.tls}`,
        masteruser: role.login.username,
        masterauth: role.login.password,
      };
    case 'fenced':
      return { ...openGate, replicaof: nowhere };
  }
};
