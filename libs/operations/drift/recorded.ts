import { aclUser } from '#domain/server/acl-line.js';
import { memoryLimitBytes } from '#domain/database/size.js';
import type { RecordedCertificate, RecordedServer } from '#domain/drift/server-state.js';
import { renderUsers, replicationUser, serverUsers } from '#domain/server/users.js';
import type { PinnedCertificates } from '#engine/ports/redis-node.js';
import type { SweepTarget } from '#persistence/drift.js';
import type { OwnCertificateRow } from '#persistence/own-certificate-table.js';
import type { CredentialRow, DatabaseRow, EnvironmentRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { openedPasswords } from '../secrets/passwords.js';
import { pinnedBy } from '../server/own-certificate.js';
import { containerNetwork, serverOf, type Server } from '../server/server.js';

/** A database with everything that it takes to look at its server. */
export interface Subject {
  readonly target: SweepTarget;
  readonly server: Server;
  readonly recorded: RecordedServer;
  readonly managerPassword: string;
  /** Certificates that operators have brought for it. */
  readonly pinned: PinnedCertificates | undefined;
}

/** `credentials` are those of the database and of all its followers; `certificates` are own ones, its own among them. */
export const subjectOf = (
  control: Control,
  target: SweepTarget,
  environment: EnvironmentRow,
  credentials: ReadonlyMap<string, readonly CredentialRow[]>,
  certificates: readonly OwnCertificateRow[],
): Subject => {
  const { database, followers } = target;
  const server = serverOf(control, database, environment);
  const open = (id: string, username: string): string[] =>
    openedPasswords(control.secrets, credentials.get(id) ?? [], id, username);
  const [manager = '', ...otherManagers] = open(database.id, serverUsers.manager);
  const passwords = { manager, otherManagers, tenant: open(database.id, serverUsers.tenant) };
  const logins = followers
    .filter(({ ready }) => ready)
    .map(({ id }) => {
      const [password = '', ...others] = open(id, replicationUser(id));
      return { username: replicationUser(id), password, others };
    });
  const network = containerNetwork(control, server, database, environment);
  const own = certificates.filter((row) => row.database_id === database.id);
  return {
    target,
    server,
    managerPassword: manager,
    pinned: pinnedBy(own),
    recorded: {
      id: database.id,
      handle: database.handle,
      role: database.role,
      sourceId: database.source_id,
      address: server.address,
      ...{ network: network.name, names: network.aliases },
      certificate: certificateIn(database, own),
      image: database.image,
      memoryLimitBytes: memoryLimitBytes(database.memory_mb),
      shape: server.shape,
      hasFollowers: followers.length > 0,
      users: renderUsers(server.shape.version, passwords, null, logins).trimEnd().split('\n').map(aclUser),
      toleratedUsers: followers.filter(({ ready }) => !ready).map(({ id }) => replicationUser(id)),
    },
  };
};

const certificateIn = (
  { certificate_not_after: notAfter }: DatabaseRow,
  own: readonly OwnCertificateRow[],
): RecordedCertificate | null => {
  const current = own.find(({ state }) => state === 'current');
  if (current) return { notAfter: current.not_after, fingerprint256: current.fingerprint256 };
  return notAfter && { notAfter, fingerprint256: null };
};
