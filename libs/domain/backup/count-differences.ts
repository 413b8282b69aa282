import { counted } from '../text/counted.js';
import type { RdbDatabase, RdbSummary } from '../rdb/summary.js';

/**
 * What `INFO keyspace` of a server that has just loaded its data says otherwise than the backup. Keys that expire may be gone by now, also those
 * whose fields do; no other may be missing, and none may be more. Empty when it is as it should be.
 */
export const countDifferences = (
  { databases: recorded, hasExpiringFields }: Pick<RdbSummary, 'databases' | 'hasExpiringFields'>,
  keyspace: Readonly<Record<string, string>>,
): readonly string[] => {
  const found = new Map(Object.entries(keyspace).map(([name, value]) => [Number(name.slice(2)), keysOf(value)]));
  const strangers = [...found.keys()].filter((index) => !recorded.some((database) => database.index === index));
  return [
    ...recorded.flatMap((database) => {
      const { index, keys, expiring } = database;
      const there = found.get(index) ?? 0;
      const mayBeGone = expiring + fadingIn(database, hasExpiringFields);
      if (there <= keys && there >= keys - mayBeGone) return [];
      return [
        `Database ${index} has ${counted(there, 'key')}; the backup recorded ${keys}, of which ${mayBeGone} may be gone.`,
      ];
    }),
    ...strangers.map(
      (index) => `Database ${index} has ${counted(found.get(index) ?? 0, 'key')}; the backup recorded none.`,
    ),
  ];
};

const keysOf = (value: string): number => Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0);

/** A summary from before they were counted only tells that there are some: any key may be one. */
const fadingIn = ({ keys, fading }: RdbDatabase, hasExpiringFields: boolean): number =>
  fading ?? (hasExpiringFields ? keys : 0);
