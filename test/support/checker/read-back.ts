import type { Redis } from 'ioredis';
import { compare, lostEntries, type Found } from './compare.js';
import type { Journal, Log } from './journal.js';

export interface ReadBack {
  readonly complaints: readonly string[];
  /** Acknowledged entries of lists and streams that are not there. */
  readonly lost: number;
}

/** Reads everything that the journal tells of with this client, and returns what does not agree. */
export const readBack = async (reader: Redis, journal: Journal, key: string): Promise<ReadBack> => {
  const logs = [...journal.logs.values()];
  // Sent together: a client has more than a hundred logs.
  const found = new Map(
    await Promise.all(logs.map(async (log) => [log.name, await read(reader, log, key + log.name)] as const)),
  );
  const complaints = [
    ...logs.flatMap((log) => compare(log, found.get(log.name)!)),
    ...halfTransactions(found.get('tx:last'), found.get('tx:list'), found.get('tx:count')),
  ];
  return {
    complaints: complaints.map((complaint) => `client ${journal.client}, ${complaint}`),
    lost: logs.reduce((sum, log) => sum + lostEntries(log, found.get(log.name)!), 0),
  };
};

const read = async (reader: Redis, { name, shape }: Log, key: string): Promise<Found> => {
  if (shape === 'counter') return { shape, value: Number(await reader.get(key)) };
  if (shape === 'register') {
    const value = await reader.get(key);
    return { shape, value: value === null ? null : Number(value) };
  }
  return { shape, values: name === 'stream' ? await entriesOf(reader, key) : await elementsOf(reader, key) };
};

/** LPUSH puts the newest first. */
const elementsOf = async (reader: Redis, key: string): Promise<number[]> =>
  (await reader.lrange(key, 0, -1)).map(Number).reverse();

const entriesOf = async (reader: Redis, key: string): Promise<number[]> =>
  (await reader.xrange(key, '-', '+')).map(([, [, value]]) => Number(value));

/** Each transaction sets the last value, pushes the same and counts one: all three or none. */
export const halfTransactions = (last?: Found, list?: Found, count?: Found): string[] => {
  if (last?.shape !== 'register' || list?.shape !== 'sequence' || count?.shape !== 'counter') return [];
  const newest = list.values.at(-1) ?? null;
  return newest === last.value && list.values.length === count.value
    ? []
    : [
        `tx: half a transaction: ${last.value} was set last, ${newest} was pushed last, ${list.values.length} were pushed, ${count.value} were counted`,
      ];
};
