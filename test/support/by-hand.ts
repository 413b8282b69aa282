import { serverPaths, serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import type { Control } from '#operations/control.js';
import { openPasswords } from '#operations/server/material.js';
import { dockerWith } from './host.js';

/** What an administrator of the host types into a container, as Holdfast's own user or as the tenant. The password stands on no command line. */
export const typed = async (
  control: Control,
  { id, container }: { readonly id: string; readonly container: string },
  user: keyof typeof serverUsers,
  ...command: readonly string[]
): Promise<string> => {
  const passwords = await openPasswords(control, id);
  const password = user === 'manager' ? passwords.manager : (passwords.tenant[0] ?? '');
  const client = ['redis-cli', '--no-auth-warning', '--user', serverUsers[user], '-p', String(serverPorts.tls)];
  const tls = ['--tls', '--cacert', serverPaths.authority];
  const words = ['exec', '-e', 'REDISCLI_AUTH', container, ...client, ...tls, ...command];
  return dockerWith({ REDISCLI_AUTH: password }, ...words);
};
