/** Scopes of reference/permissions.md; `owner` stands above all environments. */
export const permissions = ['read', 'deploy', 'destroy', 'ops', 'sensitive', 'tunnel', 'admin', 'owner'] as const;
export type Permission = (typeof permissions)[number];

/** What a scope brings along: the owner and the admin hold all, deploy holds ops, sensitive holds read, any scope sees the basics. */
const implied: Record<Permission, readonly Permission[]> = {
  owner: permissions,
  admin: permissions.filter((permission) => permission !== 'owner'),
  deploy: ['deploy', 'ops', 'read'],
  destroy: ['destroy', 'read'],
  ops: ['ops', 'read'],
  sensitive: ['sensitive', 'read'],
  tunnel: ['tunnel', 'read'],
  read: ['read'],
};

export const allows = (held: readonly Permission[], needed: Permission): boolean =>
  held.some((permission) => implied[permission].includes(needed));
