import { counted } from '#domain/text/counted.js';

/** Complete backups of one store that a purge leaves, since they lie elsewhere. */
export interface LeftBackups {
  readonly store: string;
  /** Such as `directory /mnt/backups`; null of a store that nobody names any more. */
  readonly place: string | null;
  readonly count: number;
}

export interface KeyFindings {
  /** Null when Postgres could not be asked. */
  readonly left: readonly LeftBackups[] | null;
  readonly storesFile: string | null;
  /** An earlier purge has kept the key: the rows that said for what went with it, and new ones need not know of it. */
  readonly keptBefore: boolean;
}

/** What the master key is kept for when all else is purged: nobody opens a backup without it. Null when nothing is known to need it. */
export const keptFor = ({ left, storesFile, keptBefore }: KeyFindings): string | null => {
  const reasons = (left ?? []).map(describe);
  if (left === null && storesFile !== null) reasons.push(`whatever lies in the stores of ${storesFile}`);
  if (keptBefore) reasons.push('what an earlier purge has kept it for');
  return reasons.length === 0 ? null : reasons.join(' and ');
};

const describe = ({ store, place, count }: LeftBackups): string =>
  `${counted(count, 'backup')} of the store "${store}"${place === null ? '' : ` (${place})`}`;
