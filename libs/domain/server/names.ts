/** The one place that makes names of what Holdfast owns on a Docker host. Ids, not handles: a rename must not orphan anything. */
export const containerName = (installation: string, databaseId: string, incarnation = 1): string =>
  `${installation}-db-${databaseId}${suffix(incarnation)}`;
export const volumeName = (installation: string, databaseId: string, incarnation = 1): string =>
  containerName(installation, databaseId, incarnation);

/** Short, because a name of a host has at most 63 characters. The first server of a database has none. */
const suffix = (incarnation: number): string => (incarnation === 1 ? '' : `-${incarnation.toString(36)}`);

export const networkName = (installation: string, environmentName: string): string =>
  `${installation}-env-${environmentName}`;

export const labels = {
  installation: 'io.holdfast.installation',
  subject: 'io.holdfast.subject',
  environment: 'io.holdfast.environment',
  database: 'io.holdfast.database',
  generation: 'io.holdfast.generation',
  operation: 'io.holdfast.operation',
} as const;

/** Where the volume of a database is mounted, and what lies in it. */
export const serverPaths = {
  root: '/holdfast',
  configuration: '/holdfast/conf/redis.conf',
  certificate: '/holdfast/conf/tls/server.crt',
  privateKey: '/holdfast/conf/tls/server.key',
  authority: '/holdfast/conf/tls/ca.crt',
  users: '/holdfast/acl/users.acl',
  data: '/holdfast/data',
} as const;

export const serverPorts = { plain: 6379, tls: 6380 } as const;

/** Numeric, so that it holds for any image. */
export const serverUser = { uid: 10999, gid: 10999 } as const;
