import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export interface SeenKeys {
  readonly databases: { index: number; keys: number; expiring: number; lasting: number }[];
  readonly persistentDigest: string;
  readonly lastingDigest: string;
}

/** What a client finds when it asks a server for all its keys. Written apart from the reader: it must not share its mistakes. */
export const seenBy = async (redis: Redis, horizon: Date): Promise<SeenKeys> => {
  const databases: SeenKeys['databases'] = [];
  const sums = { persistent: [0n, 0n], lasting: [0n, 0n] };
  for (let index = 0; index < 16; index += 1) {
    await redis.select(index);
    const seen = { index, keys: 0, expiring: 0, lasting: 0 };
    const keys = await allKeys(redis);
    const answers = await Promise.all(keys.map(async (key) => [key, await redis.type(key)] as const));
    const ttls = await Promise.all(keys.map((key) => redis.pttl(key)));
    for (const [at, [key, type]] of answers.entries()) {
      const ttl = ttls[at] ?? -2;
      const isLasting = ttl >= 0 && Date.now() + ttl > horizon.getTime();
      seen.keys += 1;
      if (ttl >= 0) seen.expiring += 1;
      if (isLasting) seen.lasting += 1;
      if (ttl < 0) addTo(sums.persistent, index, type, key);
      if (isLasting) addTo(sums.lasting, index, type, key);
    }
    if (seen.keys > 0) databases.push(seen);
    if ((await redis.dbsize()) !== seen.keys) throw new Error('SCAN and DBSIZE do not agree');
  }
  await redis.select(0);
  return { databases, persistentDigest: hexOf(sums.persistent), lastingDigest: hexOf(sums.lasting) };
};

const allKeys = async (redis: Redis): Promise<Buffer[]> => {
  const found = new Map<string, Buffer>();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scanBuffer(cursor, 'COUNT', 1000);
    for (const key of keys) found.set(key.toString('hex'), key);
    cursor = next.toString();
  } while (cursor !== '0');
  return [...found.values()];
};

const addTo = (sums: bigint[], index: number, type: string, key: Buffer): void => {
  const hash = createHash('sha1')
    .update(`${String(index)}:${type}:`)
    .update(key)
    .digest();
  [0, 1].forEach((word) => (sums[word] = ((sums[word] ?? 0n) + BigInt(hash.readUInt32BE(4 * word))) % 2n ** 32n));
};

const hexOf = (sums: bigint[]): string => sums.map((sum) => sum.toString(16).padStart(8, '0')).join('');
