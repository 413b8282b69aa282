import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths, serverUser } from '#domain/server/names.js';
import { renderRedisConfiguration } from '#domain/server/redis-configuration.js';
import type { ServerRole } from '#domain/server/server-role.js';
import { renderUsers, type ReplicationLogin } from '#domain/server/users.js';
import type { KeyPair } from '#engine/ports/certificate-authority.js';
import type { ContainerSpec, FileEntry, Owner } from '#engine/ports/container-engine.js';

export interface TestServer {
  readonly name: string;
  readonly owner: Owner;
  readonly image: string;
  readonly network: ContainerSpec['network'];
}

/** A small hardened server whose volume has the name of the container. */
export const redisContainer = ({ name, owner, image, network }: TestServer): ContainerSpec => ({
  name,
  owner,
  image,
  command: ['redis-server', serverPaths.configuration],
  user: `${String(serverUser.uid)}:${String(serverUser.gid)}`,
  labels: {},
  network,
  volume: { name, mountPath: serverPaths.root },
  binds: [],
  temporaryDirectories: [],
  addCapabilities: [],
  memoryBytes: 128 * 1024 ** 2,
  cpuShares: 128,
  pidsLimit: 64,
  openFilesLimit: 10_240,
  healthCheck: null,
  restartPolicy: 'no',
  stopGraceSeconds: 5,
});

export interface TestServerFiles {
  readonly version: string;
  readonly persistence: PersistenceMode;
  readonly passwords: { readonly tenant: readonly string[]; readonly manager: string };
  readonly authorityPem: string;
  readonly certificate: KeyPair;
  /** For a server that runs but cannot save, and so does not end on SIGTERM. */
  readonly dataReadOnly?: boolean;
  /** A primary without followers unless it says otherwise. */
  readonly role?: ServerRole;
  /** Who may follow it. */
  readonly followers?: readonly ReplicationLogin[];
}

/** All files of a server, relative to the root of its volume. */
export const redisFiles = (files: TestServerFiles): FileEntry[] => {
  const { uid, gid } = serverUser;
  const shape = {
    ...files,
    memoryMb: 128,
    maxmemoryPolicy: 'noeviction',
    tlsOnly: false,
    tlsProtocols: ['TLSv1.2', 'TLSv1.3'],
    settings: {},
  } as const;
  const readable = (path: string, content: string | null): FileEntry => ({
    path: relative(path),
    content,
    mode: content === null ? 0o750 : 0o640,
    uid: 0,
    gid,
  });
  return [
    readable('/holdfast/conf', null),
    readable('/holdfast/conf/tls', null),
    readable(
      serverPaths.configuration,
      renderRedisConfiguration(shape, files.role ?? { kind: 'primary', followers: 0 }),
    ),
    readable(serverPaths.certificate, files.certificate.certificatePem),
    readable(serverPaths.privateKey, files.certificate.privateKeyPem),
    readable(serverPaths.authority, files.authorityPem),
    { path: 'acl', content: null, mode: 0o700, uid, gid },
    {
      path: relative(serverPaths.users),
      content: renderUsers(files.version, files.passwords, null, files.followers ?? []),
      mode: 0o600,
      uid,
      gid,
    },
    files.dataReadOnly === true
      ? { path: relative(serverPaths.data), content: null, mode: 0o755, uid: 0, gid: 0 }
      : { path: relative(serverPaths.data), content: null, mode: 0o700, uid, gid },
  ];
};

const relative = (path: string): string => path.slice(serverPaths.root.length + 1);
