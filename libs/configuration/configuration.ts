import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FieldProblem } from '#domain/errors/holdfast-error.js';
import { ConfigurationError } from './configuration-error.js';
import { currentUser, type CurrentUser, type Environment } from './environment.js';
import { variables } from './variables.js';

const schema = z.strictObject(variables);
type Values = z.output<typeof schema>;

/** Set by the test runner for the tests themselves; a process that inherits them ignores them. */
const testPrefix = 'HOLDFAST_TEST_';

export type Configuration = ReturnType<typeof configurationFrom>;

/**
 * Reads the HOLDFAST_* variables into a frozen object. An empty variable counts as absent.
 *
 * Errors: one `ConfigurationError` with all problems; an unknown HOLDFAST_* name is one of them.
 */
export const loadConfiguration = (
  environment: Environment,
  user: CurrentUser = currentUser(environment),
): Configuration => {
  const { values, problems } = withFiles(ownVariables(environment));
  const parsed = schema.safeParse(values);
  const all = [...problems, ...(parsed.success ? [] : parsed.error.issues.flatMap(problemsOf))];
  if (!parsed.success || all.length > 0) throw new ConfigurationError(all);
  return Object.freeze(configurationFrom(parsed.data, user));
};

const ownVariables = (environment: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      (pair): pair is [string, string] =>
        pair[0].startsWith('HOLDFAST_') && !pair[0].startsWith(testPrefix) && Boolean(pair[1]),
    ),
  );

/** URLs with passwords may come from files, since the environment of a container can be read by `docker inspect`. */
const withFiles = (given: Record<string, string>): { values: Record<string, string>; problems: FieldProblem[] } => {
  const values = { ...given };
  const problems: FieldProblem[] = [];
  for (const name of ['HOLDFAST_DATABASE_URL', 'HOLDFAST_QUEUE_URL']) {
    const file = given[`${name}_FILE`];
    if (!file) continue;
    try {
      values[name] ??= readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.push({
        path: `${name}_FILE`,
        message: `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`,
      });
    }
  }
  return { values, problems };
};

const problemsOf = (issue: z.core.$ZodIssue): FieldProblem[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((path) => ({ path, message: 'is not a variable that Holdfast knows' }))
    : [{ path: issue.path.join('.'), message: issue.message }];

const defaultHome = (user: CurrentUser): string =>
  user.isRoot ? '/var/lib/holdfast' : join(user.homeDirectory, '.local/share/holdfast');

const configurationFrom = (values: Values, user: CurrentUser) => {
  const home = values.HOLDFAST_HOME ?? defaultHome(user);
  return {
    home,
    installation: values.HOLDFAST_INSTALLATION,
    port: values.HOLDFAST_PORT,
    listenAddress: values.HOLDFAST_LISTEN_ADDRESS,
    url: values.HOLDFAST_URL ?? null,
    token: values.HOLDFAST_TOKEN ?? null,
    databaseUrl: values.HOLDFAST_DATABASE_URL ?? null,
    queueUrl: values.HOLDFAST_QUEUE_URL ?? null,
    dockerSocket: values.HOLDFAST_DOCKER_SOCKET,
    masterKey: values.HOLDFAST_MASTER_KEY ?? null,
    masterKeyFile: values.HOLDFAST_MASTER_KEY_FILE ?? join(home, 'master.key'),
    catalogueFile: values.HOLDFAST_CATALOGUE_FILE ?? null,
    backupStoresFile: values.HOLDFAST_BACKUP_STORES_FILE ?? null,
    edgeAddress: values.HOLDFAST_EDGE_ADDRESS,
    advertisedHost: values.HOLDFAST_ADVERTISED_HOST ?? values.HOLDFAST_EDGE_ADDRESS,
    edgePorts: Object.freeze(values.HOLDFAST_EDGE_PORTS),
    edgeImage: values.HOLDFAST_EDGE_IMAGE,
    networkPool: values.HOLDFAST_NETWORK_POOL,
    leaseSeconds: values.HOLDFAST_LEASE_SECONDS,
    workerConcurrency: values.HOLDFAST_WORKER_CONCURRENCY,
    backupConcurrency: values.HOLDFAST_BACKUP_CONCURRENCY,
    /** Milliseconds between two sweeps of each kind; 0 for none. */
    sweepIntervals: Object.freeze({
      drift: values.HOLDFAST_DRIFT_SWEEP_SECONDS * 1000,
      'backup-schedule': values.HOLDFAST_BACKUP_SCHEDULE_SWEEP_SECONDS * 1000,
      retention: values.HOLDFAST_RETENTION_SWEEP_SECONDS * 1000,
      verification: values.HOLDFAST_VERIFICATION_SWEEP_SECONDS * 1000,
      deprecation: values.HOLDFAST_DEPRECATION_SWEEP_SECONDS * 1000,
      credentials: values.HOLDFAST_CREDENTIALS_SWEEP_SECONDS * 1000,
      certificates: values.HOLDFAST_CERTIFICATE_SWEEP_SECONDS * 1000,
      // Only when somebody asks for them.
      discovery: 0,
      keys: 0,
    }),
    upgradeGraceSeconds: values.HOLDFAST_UPGRADE_GRACE_SECONDS,
    certificateTimes: Object.freeze({
      renewalDays: values.HOLDFAST_CERTIFICATE_RENEWAL_DAYS,
      warningDays: values.HOLDFAST_CERTIFICATE_WARNING_DAYS,
    }),
    memoryOvercommit: values.HOLDFAST_MEMORY_OVERCOMMIT,
    logLevel: values.HOLDFAST_LOG_LEVEL,
    checkpointFile: values.HOLDFAST_CHECKPOINT_FILE ?? join(home, 'audit-checkpoints.jsonl'),
    imageSource: values.HOLDFAST_IMAGE_SOURCE,
    fault: values.HOLDFAST_FAULT ?? null,
  } as const;
};
