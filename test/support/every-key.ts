import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** What lies under a key, read by its type's own commands: nothing here knows the form that a server saves. */
const readers: Readonly<Record<string, (redis: Redis, key: Buffer) => Promise<unknown>>> = {
  string: (redis, key) => redis.callBuffer('GET', key),
  list: (redis, key) => redis.callBuffer('LRANGE', key, '0', '-1'),
  set: async (redis, key) => hexes(await redis.smembersBuffer(key)).sort(),
  zset: (redis, key) => redis.callBuffer('ZRANGE', key, '0', '-1', 'WITHSCORES'),
  hash: async (redis, key) => {
    const fields = (await redis.callBuffer('HGETALL', key)) as Buffer[];
    return fields
      .map((field, index) => (index % 2 ? '' : `${field.toString('hex')}=${fields[index + 1]?.toString('hex')}`))
      .sort();
  },
  stream: async (redis, key) => {
    const groups = (await redis.call('XINFO', 'GROUPS', key)) as unknown[][];
    const pending = groups.map((group) => redis.xpending(key, String(group[1]), '-', '+', 100_000));
    // Of each: id, consumer, how long ago, how often.
    const owed = (await Promise.all(pending)).map((rows) =>
      (rows as unknown[][]).map(([id, who, , times]) => [id, who, times]),
    );
    return [await redis.xrangeBuffer(key, '-', '+'), groups.map((group) => group.slice(0, 8)), owed];
  },
};

const hexes = (values: readonly Buffer[]): string[] => values.map((value) => value.toString('hex'));

/** JSON writes a Buffer number by number: 100 MB of it would not fit into one text. */
const digest = (value: unknown): string => {
  const hash = createHash('sha256');
  const add = (part: unknown): void => {
    if (part instanceof Buffer) hash.update(`b${part.length}:`).update(part);
    else if (part instanceof Array) {
      hash.update(`a${part.length}:`);
      part.forEach(add);
    } else hash.update(`${typeof part}:${String(part)};`);
  };
  add(value);
  return hash.digest('hex');
};

/** Milliseconds since 1970, -1 for never. A 6.0 tells only what is left, and so not to the millisecond. */
const expiryOf = async (redis: Redis, key: Buffer, version: string): Promise<number> => {
  if (version !== '6.0') return Number(await redis.call('PEXPIRETIME', key));
  const left = await redis.pttl(key);
  return left < 0 ? left : Date.now() + left;
};

const fieldExpiries = async (redis: Redis, key: Buffer, type: string, version: string): Promise<string[]> => {
  if (type !== 'hash' || version !== '8.0') return [];
  const fields = (await redis.hkeysBuffer(key)).sort((one, other) => one.compare(other));
  const moments = (await redis.call('HPEXPIRETIME', key, 'FIELDS', String(fields.length), ...fields)) as number[];
  return moments.map(String);
};

export interface FoundKey {
  /** Its type, and a digest of its value. */
  readonly value: string;
  readonly expiresAtMs: number;
}

/** Each key of all logical databases, as `<database> <key in hex>`. `fieldsOf`: the version whose expiring fields are looked at. */
export const everyKey = async (redis: Redis, version: string, fieldsOf = version): Promise<Map<string, FoundKey>> => {
  const found = new Map<string, FoundKey>();
  for (let index = 0; index < 16; index++) {
    await redis.select(index);
    let cursor = '0';
    do {
      const [next, keys] = await redis.scanBuffer(cursor, 'COUNT', 1000);
      cursor = next.toString();
      await Promise.all(
        keys.map(async (key) => {
          const type = await redis.type(key);
          const read = readers[type];
          if (!read) throw new Error(`Nobody reads a ${type}`);
          const value = digest([await read(redis, key), await fieldExpiries(redis, key, type, fieldsOf)]);
          const expiresAtMs = await expiryOf(redis, key, version);
          found.set(`${index} ${key.toString('hex')}`, { value: `${type} ${value}`, expiresAtMs });
        }),
      );
    } while (cursor !== '0');
  }
  await redis.select(0);
  return found;
};

/** What differs, in words; few of them are enough. */
export const keyDifferences = (
  wanted: ReadonlyMap<string, FoundKey>,
  found: ReadonlyMap<string, FoundKey>,
  allowanceMs: number,
): string[] => {
  const isSame = (one?: FoundKey, other?: FoundKey): boolean =>
    one !== undefined && one.value === other?.value && Math.abs(one.expiresAtMs - other.expiresAtMs) <= allowanceMs;
  return [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((key) => !isSame(wanted.get(key), found.get(key)))
    .slice(0, 10)
    .map((key) => `${key}: ${JSON.stringify(wanted.get(key))} became ${JSON.stringify(found.get(key))}`);
};
