import { serverPaths, serverUser } from '#domain/server/names.js';
import { renderRedisConfiguration } from '#domain/server/redis-configuration.js';
import type { ServerRole } from '#domain/server/server-role.js';
import { renderUsers, type ReplicationLogin, type ServerPasswords } from '#domain/server/users.js';
import type { KeyPair } from '#engine/ports/certificate-authority.js';
import type { FileEntry } from '#engine/ports/container-engine.js';
import type { Server } from './server.js';

export interface ServerMaterial {
  readonly authorityPem: string;
  readonly certificate: KeyPair;
  readonly passwords: ServerPasswords;
  readonly role: ServerRole;
  /** Of those that follow the server. */
  readonly followers: readonly ReplicationLogin[];
  /** The `users.acl` that is there already, with the tenant's own users; null on a new volume. */
  readonly existingUsers: string | null;
}

/** `/holdfast/conf/redis.conf` → `conf/redis.conf`, as an archive on the volume's path wants it. */
const inVolume = (path: string): string => path.slice(serverPaths.root.length + 1);

/** Read by the server, never written by it. */
const configuration = (path: string, content: string | null): FileEntry => ({
  path: inVolume(path),
  content,
  mode: content === null ? 0o750 : 0o640,
  uid: 0,
  gid: serverUser.gid,
});

/** Belongs to the server: its data, and the users that a tenant saves. */
const ownedByServer = (path: string, content: string | null): FileEntry => ({
  path: inVolume(path),
  content,
  mode: content === null ? 0o700 : 0o600,
  ...serverUser,
});

/** The file that a server starts with, and so the role that it starts in. */
export const configurationFile = (server: Server, role: ServerRole): FileEntry =>
  configuration(serverPaths.configuration, renderRedisConfiguration(server.shape, role));

type Users = Pick<ServerMaterial, 'passwords' | 'existingUsers' | 'followers'>;

export const usersFile = (server: Server, { passwords, existingUsers, followers }: Users): FileEntry =>
  ownedByServer(serverPaths.users, renderUsers(server.shape.version, passwords, existingUsers, followers));

/** Whom a server believes when it follows another one. */
export const authorityFile = (authorityPem: string): FileEntry => configuration(serverPaths.authority, authorityPem);

/** What a server shows of itself, and whom it believes: certificate and key next to each other, so that nothing comes between them. */
export const certificateFiles = ({
  certificate,
  authorityPem,
}: Pick<ServerMaterial, 'certificate' | 'authorityPem'>) => [
  configuration(serverPaths.certificate, certificate.certificatePem),
  configuration(serverPaths.privateKey, certificate.privateKeyPem),
  authorityFile(authorityPem),
];

/** All files of a server's volume, for one archive call. The data directory is made, what is in it is left alone. */
export const serverFiles = (server: Server, material: ServerMaterial): readonly FileEntry[] => [
  configuration('/holdfast/conf', null),
  configuration('/holdfast/conf/tls', null),
  configurationFile(server, material.role),
  ...certificateFiles(material),
  ownedByServer('/holdfast/acl', null),
  usersFile(server, material),
  ownedByServer(serverPaths.data, null),
];
