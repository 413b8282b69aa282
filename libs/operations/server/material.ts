import { isIP } from 'node:net';
import { certificateDays } from '#domain/certificates/renewal.js';
import { replicationUser, serverUsers, type ReplicationLogin, type ServerPasswords } from '#domain/server/users.js';
import type { KeyPair } from '#engine/ports/certificate-authority.js';
import { credentialsOf } from '#persistence/credentials.js';
import type { InstallationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import type { AttemptContext } from '../run/context.js';
import { openedPasswords } from '../secrets/passwords.js';
import { authorityContext } from '../secrets/secret-box.js';
import type { Server } from './server.js';

const day = 24 * 60 * 60 * 1000;

/** Certificates begin a little in the past, for clients whose clocks are behind. */
const clockSkewMs = 60 * 60 * 1000;

export const openAuthority = ({
  control,
  installation,
}: {
  control: Control;
  installation: InstallationRow;
}): KeyPair => ({
  certificatePem: installation.ca_certificate_pem,
  privateKeyPem: control.secrets.open(installation.ca_private_key_sealed, authorityContext(installation.id)),
});

/** By the value, not by the look: `999.1.1.1` is a valid handle and no address. */
const isAddress = (host: string): boolean => isIP(host) !== 0;

/** With every name that a client may use: the handle, the container's name, the advertised host, `localhost`. */
export const issueCertificate = async (
  context: AttemptContext,
  server: Server,
): Promise<{ keyPair: KeyPair; notAfter: Date }> => {
  const { control, database, engines } = context;
  const now = control.now().getTime();
  const notAfter = new Date(now + certificateDays * day);
  const hosts = [
    ...new Set([
      database.handle,
      ...database.former_handles,
      server.name,
      'localhost',
      control.advertisedHost,
      '127.0.0.1',
      server.address,
    ]),
  ];
  const keyPair = await engines.certificates.issue(openAuthority(context), {
    dnsNames: hosts.filter((host) => !isAddress(host)),
    ipAddresses: hosts.filter(isAddress),
    notBefore: new Date(now - clockSkewMs),
    notAfter,
  });
  return { keyPair, notAfter };
};

/** How the context's followers log in at its server. */
export const followerLogins = async (
  control: Control,
  followers: readonly { readonly id: string }[],
): Promise<ReplicationLogin[]> => Promise.all(followers.map(({ id }) => replicationLogin(control, id)));

/** As whom a database follows. */
export const replicationLogin = async (control: Control, databaseId: string): Promise<ReplicationLogin> => {
  const username = replicationUser(databaseId);
  const rows = await credentialsOf(control.db, databaseId);
  const [password, ...others] = openedPasswords(control.secrets, rows, databaseId, username);
  if (password === undefined) throw new Error(`Database ${databaseId} has no replication user`);
  return { username, password, others };
};

/** Passwords in clear: for the ACL file's hashes and for logging in. Never kept, never logged. */
export const openPasswords = async (control: Control, databaseId: string): Promise<ServerPasswords> => {
  const rows = await credentialsOf(control.db, databaseId);
  const open = (username: string) => openedPasswords(control.secrets, rows, databaseId, username);
  const [manager, ...otherManagers] = open(serverUsers.manager);
  if (manager === undefined) throw new Error(`Database ${databaseId} has no credentials`);
  return { tenant: open(serverUsers.tenant), manager, otherManagers };
};
