import { z } from 'zod';
import {
  absolutePath,
  hostName,
  integer,
  ipAddress,
  networkPool,
  portRange,
  positiveNumber,
  url,
} from './value-schemas.js';

const described = <Schema extends z.ZodType>(schema: Schema, description: string, shownDefault: string) =>
  schema.meta({ description, shownDefault });

const withDefault = <Schema extends z.ZodType<unknown, string>>(schema: Schema, value: string, description: string) =>
  described(schema.prefault(value as never), description, value);

const optional = <Schema extends z.ZodType>(schema: Schema, description: string, shownDefault = '') =>
  described(schema.optional(), description, shownDefault);

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const imageSources = ['auto', 'registry', 'packages'] as const;

/**
 * Every variable that Holdfast knows. The loader, the list of unknown names and the table in docs/configuration.md
 * all come from here. Defaults that depend on another variable are filled in by the loader.
 */
export const variables = {
  HOLDFAST_HOME: optional(
    absolutePath(),
    'Directory of the state: keys, settings, the embedded Postgres, logs.',
    '`/var/lib/holdfast` for root, else `~/.local/share/holdfast`',
  ),
  HOLDFAST_INSTALLATION: withDefault(
    z.string().regex(/^[a-z0-9-]{1,20}$/, 'must be 1 to 20 of a-z, 0-9 and -'),
    'holdfast',
    'Name of this installation; it is in the name and the labels of each container, network and volume, so that several share one Docker host.',
  ),
  HOLDFAST_PORT: withDefault(integer(1, 65_535), '7600', 'Port of the API and the dashboard.'),
  HOLDFAST_LISTEN_ADDRESS: withDefault(ipAddress(), '127.0.0.1', 'Address that the API and the dashboard listen on.'),
  HOLDFAST_URL: optional(url('http:', 'https:'), 'Address of the API; read by the CLI only.', 'from `holdfast login`'),
  HOLDFAST_TOKEN: optional(z.string().min(1), 'API token; read by the CLI only.', 'from `holdfast login`'),
  HOLDFAST_DATABASE_URL: optional(
    url('postgres:', 'postgresql:'),
    'Postgres server.',
    'the embedded one of `npm run up`',
  ),
  HOLDFAST_DATABASE_URL_FILE: optional(absolutePath(), 'File that holds HOLDFAST_DATABASE_URL, for containers.'),
  HOLDFAST_QUEUE_URL: optional(
    url('redis:', 'rediss:'),
    'Redis server of the queue, never a managed one.',
    'the container of `npm run up`',
  ),
  HOLDFAST_QUEUE_URL_FILE: optional(absolutePath(), 'File that holds HOLDFAST_QUEUE_URL, for containers.'),
  HOLDFAST_DOCKER_SOCKET: withDefault(absolutePath(), '/var/run/docker.sock', 'Socket of the Docker engine.'),
  HOLDFAST_MASTER_KEY: optional(
    z.string().min(1),
    'Master key, one line `<version>:<base64 of 32 bytes>` for each version.',
    'the file',
  ),
  HOLDFAST_MASTER_KEY_FILE: optional(absolutePath(), 'File of the master key.', '`$HOLDFAST_HOME/master.key`'),
  HOLDFAST_CATALOGUE_FILE: optional(
    absolutePath(),
    'Version catalogue that replaces the one that ships with Holdfast.',
  ),
  HOLDFAST_BACKUP_STORES_FILE: optional(
    absolutePath(),
    'JSON file that names the stores of backups: directories and S3 buckets; the first is the default.',
    'one store `default`, the directory `$HOLDFAST_HOME/backups`',
  ),
  HOLDFAST_EDGE_ADDRESS: withDefault(ipAddress(), '127.0.0.1', 'Address that the doors of the databases listen on.'),
  HOLDFAST_ADVERTISED_HOST: optional(
    hostName(),
    'Host that the URLs of the databases name.',
    '`$HOLDFAST_EDGE_ADDRESS`',
  ),
  HOLDFAST_EDGE_PORTS: withDefault(portRange(), '20000-23999', 'Ports that the edge hands out to databases.'),
  HOLDFAST_EDGE_IMAGE: withDefault(z.string().min(1), 'haproxy:3.0', 'Image of the edge.'),
  HOLDFAST_NETWORK_POOL: withDefault(networkPool(), '10.224.0.0/12', "Address pool of the environments' networks."),
  HOLDFAST_LEASE_SECONDS: withDefault(
    integer(1, 3600),
    '30',
    'How long a worker may hold an operation without a sign of life.',
  ),
  HOLDFAST_WORKER_CONCURRENCY: withDefault(integer(1, 1000), '20', 'Operations that one worker runs at a time.'),
  HOLDFAST_BACKUP_CONCURRENCY: withDefault(
    integer(1, 100),
    '2',
    'Backups, restores, verifications and copies that run at a time, of each sort, on all workers together.',
  ),
  HOLDFAST_DRIFT_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '30',
    'Seconds between two looks at all databases, for what runs and is not as recorded; 0 never looks by itself.',
  ),
  HOLDFAST_BACKUP_SCHEDULE_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '30',
    'Seconds between two looks at the schedules of backups, for those that are due and databases that lack one; 0 takes no automatic backups.',
  ),
  HOLDFAST_RETENTION_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '3600',
    'Seconds between two looks for backups that no policy keeps and for what lies in the stores without being one; 0 lets none go by itself.',
  ),
  HOLDFAST_VERIFICATION_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '3600',
    'Seconds between two looks for backups that were not verified for a month; 0 verifies only new ones.',
  ),
  HOLDFAST_DEPRECATION_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '86400',
    'Seconds between two looks for versions that passed a date, counted from midnight UTC; 0 marks nothing by itself.',
  ),
  HOLDFAST_UPGRADE_GRACE_SECONDS: withDefault(
    integer(0, 31_536_000),
    '86400',
    'Seconds that a server which an upgrade has replaced is kept, stopped, with its data as the way back.',
  ),
  HOLDFAST_CREDENTIALS_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '30',
    'Seconds between two looks for passwords whose grace time is over; 0 lets them work on until somebody ends them.',
  ),
  HOLDFAST_CERTIFICATE_SWEEP_SECONDS: withDefault(
    integer(0, 86_400),
    '3600',
    'Seconds between two looks for certificates that are due for renewal; 0 renews none by itself.',
  ),
  HOLDFAST_CERTIFICATE_RENEWAL_DAYS: withDefault(
    integer(1, 364),
    '121',
    'Days before its end on which a certificate is renewed; a third of the 365 that it is good for.',
  ),
  HOLDFAST_CERTIFICATE_WARNING_DAYS: withDefault(
    integer(1, 364),
    '30',
    'Days before its end from which on a certificate that was not renewed is an alert.',
  ),
  HOLDFAST_MEMORY_OVERCOMMIT: withDefault(
    positiveNumber(1000),
    '4',
    'Greatest sum of all memory limits, as a multiple of the memory of the host.',
  ),
  HOLDFAST_LOG_LEVEL: withDefault(
    z.enum(logLevels, `must be one of ${logLevels.join(', ')}`),
    'info',
    `One of ${logLevels.join(', ')}.`,
  ),
  HOLDFAST_CHECKPOINT_FILE: optional(
    absolutePath(),
    'File that signed checkpoints of the audit history are appended to.',
    '`$HOLDFAST_HOME/audit-checkpoints.jsonl`',
  ),
  HOLDFAST_IMAGE_SOURCE: withDefault(
    z.enum(imageSources, `must be one of ${imageSources.join(', ')}`),
    'auto',
    'Where `npm run up` gets images from: a `registry`, Debian `packages`, or whichever works (`auto`).',
  ),
  HOLDFAST_FAULT: optional(
    z.string().min(1),
    'Fault point at which the process kills itself (`stop:` before it: stops); for tests only.',
  ),
};
