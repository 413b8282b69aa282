import { counted } from '../text/counted.js';
import type { RdbDatabase, RdbSummary } from '../rdb/summary.js';

/** What a server holds that has loaded a backup, in the words of the summary of its RDB file. */
export interface Keyspace extends Pick<RdbSummary, 'databases' | 'functions' | 'persistentDigest' | 'lastingDigest'> {
  /** Redis' own digest of all keys that do not expire, with their values; null when the server does not tell, or it would change as time passes. */
  readonly valueDigest: string | null;
}

const none = { keys: 0, expiring: 0, lasting: 0, fading: 0 };

/**
 * What a server holds otherwise than the file that it loaded, in words; empty when it is as it should be. Keys that expire before the horizon
 * that both were counted with may be gone, and hashes with fields that do; nothing else may be missing, and nothing be more.
 */
export const compareKeyspace = (recorded: RdbSummary, found: Keyspace): readonly string[] => {
  const indexes = new Set([...recorded.databases, ...found.databases].map(({ index }) => index));
  return [
    ...[...indexes]
      .sort((a, b) => a - b)
      .flatMap((index) => differences(index, at(recorded.databases, index), at(found.databases, index))),
    ...unequal(
      found.functions,
      recorded.functions,
      (is) => `The server has ${counted(is, 'function library', 'function libraries')}`,
    ),
    // With a hash gone whose fields have expired, what remains has no sum to compare with.
    ...(lastingIn(found) < lastingIn(recorded) && recorded.hasExpiringFields ? [] : otherKeySets(recorded, found)),
  ];
};

/** Keys that are there whatever the time is, up to the horizon. */
const lastingIn = ({ databases }: Pick<RdbSummary, 'databases'>): number =>
  databases.reduce((sum, { keys, expiring, lasting }) => sum + keys - expiring + lasting, 0);

const otherKeySets = (recorded: RdbSummary, found: Keyspace): string[] => [
  ...otherKeys('without an expiry', recorded.persistentDigest, found.persistentDigest),
  ...otherKeys('that expire later', recorded.lastingDigest, found.lastingDigest),
];

type Counts = Omit<RdbDatabase, 'index'>;

const at = (databases: readonly RdbDatabase[], index: number): Counts =>
  databases.find((database) => database.index === index) ?? none;

const differences = (index: number, recorded: Counts, found: Counts): string[] => {
  const keysThat = (which: string) => (count: number) => `Database ${index} has ${counted(count, 'key')} ${which}`;
  const persistent = ({ keys, expiring }: Counts) => keys - expiring;
  const outside = (there: number, most: number, say: (count: number) => string): string[] =>
    there <= most && there >= most - (recorded.fading ?? 0) ? [] : unequal(there, most, say);
  return [
    ...outside(persistent(found), persistent(recorded), keysThat('without an expiry')),
    ...outside(found.lasting, recorded.lasting, keysThat('that expire later')),
    ...(found.expiring > recorded.expiring
      ? unequal(found.expiring, recorded.expiring, keysThat('with an expiry'))
      : []),
  ];
};

const unequal = (found: number, recorded: number, say: (count: number) => string): string[] =>
  found === recorded ? [] : [`${say(found)}; the backup has ${recorded}.`];

const otherKeys = (which: string, recorded: string, found: string): string[] =>
  recorded === found ? [] : [`The keys ${which} are not those of the backup: ${found} instead of ${recorded}.`];
