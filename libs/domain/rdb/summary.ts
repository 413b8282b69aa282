/** What an RDB file holds, read off in one pass over its bytes without building any value. */
export interface RdbSummary {
  /** Of the file's format, such as 12. */
  readonly rdbVersion: number;
  /** Version of the server that wrote it, as the file says; null when it does not. */
  readonly redisVersion: string | null;
  /** Only logical databases that hold keys, by index. */
  readonly databases: readonly RdbDatabase[];
  /** Function libraries. */
  readonly functions: number;
  /** Some hash has fields that expire by themselves, so its value changes as time passes. */
  readonly hasExpiringFields: boolean;
  /** Sums of key hashes (key-digest.ts), the same for the same keys in any order. */
  readonly persistentDigest: string;
  /** Of keys that expire after the horizon that the reader was given. */
  readonly lastingDigest: string;
}

export interface RdbDatabase {
  readonly index: number;
  readonly keys: number;
  /** How many of them have an expiry. */
  readonly expiring: number;
  /** How many of those expire after the horizon. */
  readonly lasting: number;
  /** How many are hashes with fields that expire: Redis removes a hash with its last field. Not in summaries from before it was counted. */
  readonly fading?: number | undefined;
}

export const keysIn = ({ databases }: Pick<RdbSummary, 'databases'>): number =>
  databases.reduce((sum, { keys }) => sum + keys, 0);
