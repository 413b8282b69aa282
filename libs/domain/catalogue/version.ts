import { persistenceModes, type PersistenceMode } from '../database/persistence.js';

/** One line of the version catalogue, as its file has it. Dates are `YYYY-MM` (the month's last day counts) or `YYYY-MM-DD`. */
export interface CatalogueEntry {
  readonly version: string;
  readonly image: string;
  /** Exact upstream release, when known. */
  readonly patch: string | null;
  readonly eolAt: string | null;
  readonly deprecatedAt: string | null;
  readonly tlsProtocols: readonly ('TLSv1.2' | 'TLSv1.3')[];
  readonly default: boolean;
  readonly capabilities: readonly string[];
}

export type Catalogue = readonly CatalogueEntry[];

const suffixOf: Record<PersistenceMode, string> = { aof: '-aof', rdb: '', none: '-nordb' };

/** The three spellings of a version, in the reference's notation: `8.2-aof`, `8.2`, `8.2-nordb`. */
export const flavoursOf = (version: string): readonly string[] =>
  persistenceModes.map((mode) => version + suffixOf[mode]);

/** Orders `7.0 < 7.2 < 8.0 < 8.10`. */
export const compareVersions = (left: string, right: string): number => {
  const [a, b] = [left.split('.').map(Number), right.split('.').map(Number)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

export const newestEntry = (catalogue: Catalogue): CatalogueEntry | undefined =>
  [...catalogue].sort((a, b) => compareVersions(b.version, a.version))[0];
