import type { Keyspace } from '#domain/backup/compare-keyspace.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { KeyDigest } from '#domain/rdb/key-digest.js';
import type { RdbDatabase } from '#domain/rdb/summary.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { replyCode } from '#engine/ports/server-reply.js';
import { countScript, removeExpiringScript } from './keyspace-scripts.js';

export interface KeyspaceQuestion {
  readonly version: string;
  /** A key that expires later lasts. The same as the summary of the RDB file was made with. */
  readonly horizon: Date;
  /** As that summary says. Then the values change as time passes, and have no digest. */
  readonly hasExpiringFields: boolean;
}

/**
 * Reads what a throw-away server holds that has loaded its data; nobody else writes to it. The keys stay in the server. Afterwards its expiring keys
 * are gone. Errors: `server_not_ready`, also when its keys cannot be counted because they expire faster than they are read.
 */
export const readKeyspace = async (
  node: RedisNode,
  question: KeyspaceQuestion,
  signal: AbortSignal,
): Promise<Keyspace> => {
  // Keys that expire meanwhile then go only when they are looked at. Where DEBUG is not to be had, counting takes another turn at worst.
  await unlessRefused(node.command(['DEBUG', 'SET-ACTIVE-EXPIRE', '0'], signal));
  const indexes = await databasesOf(node, signal);
  const digests = { persistent: new KeyDigest(), lasting: new KeyDigest() };
  const databases: RdbDatabase[] = [];
  for (const index of indexes) {
    const counted = await countDatabase(node, index, question.horizon, signal);
    digests.persistent.addSums(...counted.persistentSums);
    digests.lasting.addSums(...counted.lastingSums);
    if (counted.keys > 0) databases.push(counted.database);
  }
  return {
    databases,
    functions: await countFunctions(node, question.version, signal),
    persistentDigest: digests.persistent.toString(),
    lastingDigest: digests.lasting.toString(),
    valueDigest: question.hasExpiringFields ? null : await digestValues(node, indexes, signal),
  };
};

type Sums = [high: number, low: number];

interface Counted {
  readonly database: RdbDatabase;
  readonly keys: number;
  readonly persistentSums: Sums;
  readonly lastingSums: Sums;
}

/** Turns until the number of keys is that which the server knows. One that is not enough has removed what had expired by then. */
const turns = 5;

/**
 * SCAN leaves no key out that is there all the time, but shows one twice when the table is resized in between, which needs keys that go. So the
 * count is compared with the server's own: equal, each key was seen once.
 */
const countDatabase = async (node: RedisNode, index: number, horizon: Date, signal: AbortSignal): Promise<Counted> => {
  for (let turn = 1; turn <= turns; turn += 1) {
    const { size, ...counted } = await countOnce(node, index, horizon, signal);
    if (size === counted.keys) return counted;
  }
  throw new HoldfastError('server_not_ready', `The keys of database ${index} change while they are counted.`);
};

const countOnce = async (
  node: RedisNode,
  index: number,
  horizon: Date,
  signal: AbortSignal,
): Promise<Counted & { readonly size: number }> => {
  const digests = { persistent: new Sum(), lasting: new Sum() };
  let [keys, expiring, lasting] = [0, 0, 0];
  let size: number;
  let cursor = '0';
  do {
    const slice = await run(node, countScript, [index, cursor, horizon.getTime()], signal);
    const [next, ...numbers] = slice as [string, ...Slice];
    const [seen, withExpiry, later, persistentHigh, persistentLow, lastingHigh, lastingLow, now] = numbers;
    [cursor, keys, expiring, lasting, size] = [next, keys + seen, expiring + withExpiry, lasting + later, now];
    digests.persistent.add(persistentHigh, persistentLow);
    digests.lasting.add(lastingHigh, lastingLow);
  } while (cursor !== '0');
  const database = { index, keys, expiring, lasting };
  return { database, keys, size, persistentSums: digests.persistent.sums, lastingSums: digests.lasting.sums };
};

type Slice = [number, number, number, number, number, number, number, number];

class Sum {
  readonly sums: Sums = [0, 0];

  add(high: number, low: number): void {
    this.sums[0] = (this.sums[0] + high) >>> 0;
    this.sums[1] = (this.sums[1] + low) >>> 0;
  }
}

const databasesOf = async (node: RedisNode, signal: AbortSignal): Promise<number[]> =>
  Object.keys(await node.info('keyspace', signal))
    .map((name) => Number(name.slice('db'.length)))
    .sort((a, b) => a - b);

const countFunctions = async (node: RedisNode, version: string, signal: AbortSignal): Promise<number> => {
  if (compareVersions(version, '7.0') < 0) return 0;
  return ((await node.command(['FUNCTION', 'LIST'], signal)) as readonly unknown[]).length;
};

const digestValues = async (
  node: RedisNode,
  indexes: readonly number[],
  signal: AbortSignal,
): Promise<string | null> => {
  for (const index of indexes) {
    let cursor = '0';
    do [cursor] = (await run(node, removeExpiringScript, [index, cursor], signal)) as [string];
    while (cursor !== '0');
  }
  return (await unlessRefused(node.command(['DEBUG', 'DIGEST'], signal))) as string | null;
};

const run = (
  node: RedisNode,
  script: string,
  args: readonly (string | number)[],
  signal: AbortSignal,
): Promise<unknown> => node.command(['EVAL', script, '0', ...args.map(String)], signal);

/** Null when the server says no. */
const unlessRefused = async (reply: Promise<unknown>): Promise<unknown> =>
  reply.catch((error: unknown) => {
    if (replyCode(error) === null) throw error;
    return null;
  });
