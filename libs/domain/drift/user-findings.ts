import type { AclUser } from '../server/acl-line.js';
import { isReplicationUser } from '../server/users.js';
import { finding, type Finding } from './finding.js';
import { figuresOf, type Server } from './server-state.js';

/**
 * What of a user can be told apart on every version: on or off, passwords, keys and channels. Command rules are shown in other words than
 * they were given in, and in others by each version.
 */
const essence = ({ rules }: AclUser): string =>
  rules
    .filter((rule) => rule === 'on' || rule === 'off' || rule === 'nopass' || /^[#~&%]/.test(rule))
    .sort()
    .join(' ');

export interface UserDifferences {
  readonly altered: readonly string[];
  readonly missing: readonly string[];
  readonly surplus: readonly string[];
}

/** Compares the users that belong to Holdfast; the tenant's own ones are the tenant's. */
export const userDifferences = (
  wanted: readonly AclUser[],
  tolerated: readonly string[],
  found: readonly AclUser[],
): UserDifferences => {
  const byName = new Map(found.map((user) => [user.name, user]));
  const wantedNames = new Set(wanted.map(({ name }) => name));
  return {
    missing: wanted.filter(({ name }) => !byName.has(name)).map(({ name }) => name),
    altered: wanted
      .filter((user) => {
        const is = byName.get(user.name);
        return is !== undefined && essence(is) !== essence(user);
      })
      .map(({ name }) => name),
    surplus: found
      .map(({ name }) => name)
      .filter((name) => isReplicationUser(name) && !wantedNames.has(name) && !tolerated.includes(name)),
  };
};

export const userFindings = (server: Server): Finding[] => {
  const figures = figuresOf(server);
  if (!figures) return [];
  const { users, toleratedUsers } = server.recorded;
  const differences = userDifferences(users, toleratedUsers, figures.users);
  const told = Object.entries(differences)
    .filter(([, names]) => (names as readonly string[]).length > 0)
    .map(([what, names]) => `${what} ${(names as readonly string[]).join(', ')}`);
  if (told.length === 0) return [];
  return [finding('users_differ', 'degraded', 'safe', 'the users of the last change', told.join('; '))];
};
