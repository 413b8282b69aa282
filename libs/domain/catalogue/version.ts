import { HoldfastError } from '../errors/holdfast-error.js';
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

export interface VersionRequest {
  readonly version?: string | undefined;
  readonly persistence?: PersistenceMode | undefined;
}

/**
 * What a request means: a suffix names the mode, a bare version means `rdb` as the reference has it unless the mode is
 * said plainly, and a request that names neither gets `aof` on the default version.
 * Errors: `persistence_conflict`, `version_unknown`.
 */
export const resolveVersion = (
  catalogue: Catalogue,
  request: VersionRequest,
): { entry: CatalogueEntry; persistence: PersistenceMode } => {
  if (request.version === undefined)
    return { entry: defaultEntry(catalogue), persistence: request.persistence ?? 'aof' };
  const { version, suffixMode } = splitFlavour(request.version);
  const entry = catalogue.find((candidate) => candidate.version === version);
  if (!entry) {
    throw new HoldfastError(
      'version_unknown',
      `"${request.version}" is not in the catalogue; it has ${listVersions(catalogue)}.`,
    );
  }
  if (suffixMode && request.persistence && suffixMode !== request.persistence) {
    throw new HoldfastError(
      'persistence_conflict',
      `Version "${request.version}" means persistence "${suffixMode}", but "${request.persistence}" was asked for.`,
    );
  }
  return { entry, persistence: request.persistence ?? suffixMode ?? 'rdb' };
};

const splitFlavour = (text: string): { version: string; suffixMode: PersistenceMode | null } => {
  if (text.endsWith('-aof')) return { version: text.slice(0, -'-aof'.length), suffixMode: 'aof' };
  if (text.endsWith('-nordb')) return { version: text.slice(0, -'-nordb'.length), suffixMode: 'none' };
  return { version: text, suffixMode: null };
};

const listVersions = (catalogue: Catalogue): string => catalogue.map((entry) => entry.version).join(', ');

export const newestEntry = (catalogue: Catalogue): CatalogueEntry | undefined =>
  [...catalogue].sort((a, b) => compareVersions(b.version, a.version))[0];

export const defaultEntry = (catalogue: Catalogue): CatalogueEntry => {
  const entry = catalogue.find((candidate) => candidate.default) ?? newestEntry(catalogue);
  if (!entry) throw new HoldfastError('version_unknown', 'The version catalogue is empty.');
  return entry;
};
