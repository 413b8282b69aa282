import { createHash } from 'node:crypto';
import { compareVersions } from '../catalogue/version.js';

/** The users that Holdfast itself makes on a server. All others belong to the tenant. */
export const serverUsers = { tenant: 'tenant', manager: 'holdfast-manager' } as const;
const replicationPrefix = 'holdfast-replica-';

/** As whom a database logs in at the one that it follows. */
export const replicationUser = (databaseId: string): string => `${replicationPrefix}${databaseId}`;
export const isReplicationUser = (name: string): boolean => name.startsWith(replicationPrefix);

/** Enough to follow, and for nothing else: no keys, no channels. */
const replicationRules = ['resetchannels', '-@all', '+ping', '+replconf', '+psync'];

/**
 * What a tenant may not run: whatever would take the server over or cut Holdfast off (product.md, section 4).
 * `CONFIG GET` stays, so that a tenant can see its settings.
 */
const tenantRules = [
  '+@all',
  '-config',
  '+config|get',
  '-module',
  '-debug',
  '-shutdown',
  '-replicaof',
  '-slaveof',
  '-failover',
  '-sync',
  '-psync',
  '-replconf',
  '-migrate',
  '-cluster',
];

/** `FAILOVER` and channel permissions came with 6.2; a rule that a server does not know stops it from starting. */
const came62 = new Set(['-failover', '&*', 'resetchannels']);
const knownIn = (version: string) => (rule: string) => !came62.has(rule) || compareVersions(version, '6.2') >= 0;

/** ACL files hold SHA-256 hashes, never passwords. */
export const passwordHash = (password: string): string => `#${createHash('sha256').update(password).digest('hex')}`;

export interface ServerPasswords {
  /** The one that is shown, and before it has been made known or after it was replaced others that work as well. */
  readonly tenant: readonly string[];
  /** As which Holdfast logs in. */
  readonly manager: string;
  /** More of them, while a rotation runs. */
  readonly otherManagers?: readonly string[];
}

/** How a database logs in at the one that it follows. */
export interface ReplicationLogin {
  readonly username: string;
  readonly password: string;
  /** The server that is followed takes these as well, while a rotation runs. */
  readonly others?: readonly string[];
}

/** What follows the name in `ACL SETUSER`. */
export const replicationUserRules = (version: string, { password, others = [] }: ReplicationLogin): string[] => [
  'reset',
  'on',
  ...[password, ...others].map(passwordHash),
  ...replicationRules.filter(knownIn(version)),
];

export const managerPasswords = ({ manager, otherManagers = [] }: ServerPasswords): readonly string[] => [
  manager,
  ...otherManagers,
];

const userLine = (version: string, name: string, passwords: readonly string[], rules: readonly string[]): string =>
  ['user', name, 'on', ...passwords.map(passwordHash), ...['~*', '&*', ...rules].filter(knownIn(version))].join(' ');

/**
 * Switched off and without a password, so nobody is it; but every connection begins as it. Before 6.2 a server holds even HELLO, with which
 * newer clients log in, against its rules. From 6.2 on a server that loads its AOF does so as this user, and leaves out each transaction and
 * script that the user may not run (https://github.com/redis/redis/issues/14541): it may run everything.
 */
const defaultUser = (version: string): string =>
  `user default off resetpass ${compareVersions(version, '6.2') < 0 ? 'resetkeys -@all +hello' : '~* &* +@all'}`;

/**
 * The complete `users.acl`: Holdfast's users as they must be, and the tenant's own users as `existing` has them,
 * so that what a tenant saved with `ACL SAVE` outlives a reload.
 */
export const renderUsers = (
  version: string,
  passwords: ServerPasswords,
  existing: string | null,
  followers: readonly ReplicationLogin[] = [],
): string =>
  [
    defaultUser(version),
    userLine(version, serverUsers.manager, managerPasswords(passwords), ['+@all']),
    userLine(version, serverUsers.tenant, passwords.tenant, tenantRules),
    ...followers.map((login) =>
      ['user', login.username, ...replicationUserRules(version, login).filter((rule) => rule !== 'reset')].join(' '),
    ),
    ...tenantLines(existing ?? ''),
  ]
    .map((line) => `${line}\n`)
    .join('');

/** Redis quotes the rule of a user that it cannot read: the text without hashes and passwords. */
export const withoutSecrets = (text: string): string => text.replace(/[#!<>](?=\S{8,})\S+/g, '…');

/** For a server that nobody but Holdfast reaches: whoever comes is the default user, and that one may do anything. */
export const letAnybodyIn = (version: string, aclFile: string): string =>
  aclFile.replace(
    /^user default .*$/m,
    ['user default on nopass', ...['~*', '&*', '+@all'].filter(knownIn(version))].join(' '),
  );

const tenantLines = (aclFile: string): string[] =>
  aclFile.split('\n').filter((line) => {
    const name = line.split(' ')[1];
    return line.startsWith('user ') && name !== undefined && !isOwnUser(name);
  });

export const isOwnUser = (name: string): boolean =>
  name === 'default' || name === serverUsers.tenant || name === serverUsers.manager || isReplicationUser(name);
