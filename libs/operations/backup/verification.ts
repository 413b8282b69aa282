import type { NewBackupRow, BackupRow } from '#persistence/tables.js';
import { compareKeyspace } from '#domain/backup/compare-keyspace.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { RdbSummary } from '#domain/rdb/summary.js';
import { renderVerificationConfiguration } from '#domain/server/verification-configuration.js';
import { serverPaths, serverUser } from '#domain/server/names.js';
import { endedItself } from '#domain/server/process-end.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { perAttempt } from '../run/per-attempt.js';
import { endOf } from '../server/server-ended.js';
import { readKeyspace } from './keyspace.js';
import { loadBackup } from './load.js';
import { DataNotLoaded, outlastEnds } from './outlast-ends.js';
import { insideTarget, verificationServer, verificationSpec, type VerificationServer } from './verification-server.js';

/** What an attempt has found out. */
interface Findings {
  horizon: Date;
  summary: RdbSummary | { readonly unreadable: string } | null;
  beganMs: number;
  restoreMs: number;
  refused: boolean;
  valueDigest: string | null;
}

const findings = perAttempt<Findings>(() => ({
  horizon: new Date(0),
  summary: null,
  beganMs: 0,
  restoreMs: 0,
  refused: false,
  valueDigest: null,
}));

/** Keys that expire before the comparison can be over are left out of it: this long, and more for much data. */
const leastHorizonMs = 15 * 60_000;
const slowestBytesPerMs = 5_000;

const loadDeadlineMs = 3 * 3_600_000;

export const serverExists = async (context: AttemptContext): Promise<boolean> => {
  const { containers } = context.engines;
  const { name, owner } = verificationServer(context);
  if ((await containers.inspectContainer(name, owner, context.signal)) !== null) return true;
  return containers.volumeExists(name, owner, context.signal);
};

export const removeServer = async (context: AttemptContext): Promise<void> => {
  const { containers } = context.engines;
  const { name, owner } = verificationServer(context);
  await containers.ensureContainerAbsent(name, owner, context.signal);
  await containers.ensureVolumeAbsent(name, owner, context.signal);
};

export const createServer = async (context: AttemptContext, backup: BackupRow): Promise<void> => {
  const { containers } = context.engines;
  const server = verificationServer(context);
  await containers.createContainer(verificationSpec(server, backup), uninterrupted());
  const folder = { content: null, mode: 0o755, uid: 0, gid: 0 };
  const configuration = renderVerificationConfiguration(backup.version, backup.persistence, backup.settings);
  await containers.writeFiles(
    server.name,
    serverPaths.root,
    [
      { path: 'conf', ...folder },
      { path: 'conf/redis.conf', content: configuration, mode: 0o644, uid: 0, gid: 0 },
      { path: 'data', content: null, mode: 0o700, ...serverUser },
    ],
    context.signal,
  );
};

/** The same bytes on the same way as a restore takes, read as they pass. */
export const loadServer = async (context: AttemptContext, backup: BackupRow): Promise<void> => {
  const found = findings(context);
  const clearBytes = backup.manifest?.object.clearBytes ?? 0;
  found.beganMs = performance.now();
  found.horizon = new Date(context.control.now().getTime() + leastHorizonMs + clearBytes / slowestBytesPerMs);
  const reading = context.engines.streams.read(found.horizon);
  const { version, persistence } = backup;
  const server = verificationServer(context);
  await loadBackup(context, backup, { container: server.name, volume: server, version, persistence }, reading);
  found.summary = await reading.summary();
};

/** Errors: `data_not_loaded`, `server_not_ready`. */
export const awaitLoaded = async (context: AttemptContext): Promise<void> => {
  const server = verificationServer(context);
  const found = findings(context);
  await context.engines.containers.startContainer(server.name, context.signal);
  try {
    await outlastEnds(context, server.name, () => awaitOnce(context, server));
  } catch (error) {
    found.refused = error instanceof DataNotLoaded && error.ends.every(endedItself);
    throw error;
  }
  found.restoreMs = Math.round(performance.now() - found.beganMs);
  await context.log('info', `Restored in ${found.restoreMs} ms.`);
};

const awaitOnce = async (context: AttemptContext, server: VerificationServer): Promise<void> => {
  // One program in the container for all looks: starting each takes the engine longer than many a server needs to load.
  let node: RedisNode | null = null;
  const hasLoaded = async (signal: AbortSignal) => {
    const end = await endOf(context, server, signal);
    if (end) return end;
    try {
      node ??= await context.engines.redis.connect(insideTarget(context, server), signal);
      return (await node.info('persistence', signal))['loading'] === '0' ? null : undefined;
    } catch (error) {
      node?.close();
      node = null;
      throw error;
    }
  };
  const waiting = { describe: 'the throw-away server', deadlineMs: loadDeadlineMs, intervalMs: 50 };
  const ended = await waitUntil(hasLoaded, waiting, context.signal).finally(() => node?.close());
  if (ended) throw ended;
};

/** The bytes were whole, and still a server of their own version ended itself over them, each time: no other one will load them. */
export const wasRefused = (context: AttemptContext): boolean => findings(context).refused;

/** Errors: `backup_corrupt` with every difference. */
export const compareContents = async (context: AttemptContext, backup: BackupRow): Promise<void> => {
  const found = findings(context);
  const recorded = backup.manifest?.contents;
  if (!recorded || !found.summary) throw new Error('Nothing was recorded to compare with');
  if ('unreadable' in recorded || 'unreadable' in found.summary) return;
  // What should have lasted until the comparison may have expired, which is no fault of the backup.
  if (context.control.now() >= found.horizon)
    throw new HoldfastError('server_not_ready', 'The verification stood still for longer than keys were counted for.');
  const node = await context.engines.redis.connect(insideTarget(context, verificationServer(context)), context.signal);
  try {
    const keyspace = await readKeyspace(
      node,
      { version: backup.version, horizon: found.horizon, hasExpiringFields: found.summary.hasExpiringFields },
      context.signal,
    );
    const differences = [
      ...compareKeyspace(found.summary, keyspace),
      ...(recorded.persistentDigest === found.summary.persistentDigest ? [] : ['The keys are not those recorded.']),
      ...valueDifferences(backup, keyspace.valueDigest),
    ];
    if (differences.length > 0) throw new HoldfastError('backup_corrupt', differences.join(' '));
    found.valueDigest = keyspace.valueDigest;
  } finally {
    node.close();
  }
};

const valueDifferences = ({ value_digest: recorded }: BackupRow, found: string | null): string[] =>
  recorded === null || found === null || recorded === found
    ? []
    : ['The values are not those that the first verification has seen.'];

/** What a verification that came to its end says of its backup. */
export const verdictOf = (context: AttemptContext, now: Date) => {
  const { summary, restoreMs, valueDigest } = findings(context);
  const checked = { checked_at: now, restore_ms: restoreMs };
  if (!summary || 'unreadable' in summary) {
    const detail = summary?.unreadable ?? 'nothing was read';
    return { ...checked, verification: 'unverifiable', verification_detail: `It restores, but ${detail}.` } as const;
  }
  return {
    ...checked,
    ...{ verification: 'verified', verification_detail: null, verified_at: now },
    ...(valueDigest === null ? {} : { value_digest: valueDigest }),
  } as const satisfies Partial<NewBackupRow>;
};
