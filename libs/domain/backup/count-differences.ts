import { counted } from '../text/counted.js';
import type { RdbDatabase } from '../rdb/summary.js';

/**
 * What `INFO keyspace` of a server that has just loaded its data says otherwise than the backup. Keys that expire may be gone by now; no other
 * may be missing, and none may be more. Empty when it is as it should be.
 */
export const countDifferences = (
  recorded: readonly RdbDatabase[],
  keyspace: Readonly<Record<string, string>>,
): readonly string[] => {
  const found = new Map(Object.entries(keyspace).map(([name, value]) => [Number(name.slice(2)), keysOf(value)]));
  const strangers = [...found.keys()].filter((index) => !recorded.some((database) => database.index === index));
  return [
    ...recorded.flatMap(({ index, keys, expiring }) => {
      const there = found.get(index) ?? 0;
      if (there <= keys && there >= keys - expiring) return [];
      return [
        `Database ${index} has ${counted(there, 'key')}; the backup recorded ${keys}, of which ${counted(expiring, 'expires', 'expire')}.`,
      ];
    }),
    ...strangers.map(
      (index) => `Database ${index} has ${counted(found.get(index) ?? 0, 'key')}; the backup recorded none.`,
    ),
  ];
};

const keysOf = (value: string): number => Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0);
