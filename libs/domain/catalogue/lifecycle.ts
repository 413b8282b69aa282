import { HoldfastError } from '../errors/holdfast-error.js';
import { compareVersions, flavoursOf, newestEntry, type Catalogue, type CatalogueEntry } from './version.js';

export const lifecycles = ['available', 'end-of-life', 'deprecated'] as const;
export type Lifecycle = (typeof lifecycles)[number];

/** The last day, `YYYY-MM-DD` in UTC, of a date that may name a month only. */
export const lastDay = (date: string): string => {
  const [year, month, day] = date.split('-').map(Number);
  const last =
    day === undefined
      ? new Date(Date.UTC(year ?? 0, month ?? 0, 0))
      : new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day));
  return last.toISOString().slice(0, 10);
};

/** A date has passed once its last day is over, in UTC. */
const hasPassed = (date: string | null, now: Date): boolean =>
  date !== null && now.toISOString().slice(0, 10) > lastDay(date);

/** Computed from the dates and the clock, never stored (product.md, section 2). */
export const lifecycleOf = (entry: CatalogueEntry, now: Date): Lifecycle => {
  if (hasPassed(entry.deprecatedAt, now)) return 'deprecated';
  return hasPassed(entry.eolAt, now) ? 'end-of-life' : 'available';
};

/** Whether a version of the catalogue is deprecated by now; one that it does not have is. */
export const isDeprecated = (catalogue: Catalogue, version: string, now: Date): boolean => {
  const entry = catalogue.find((candidate) => candidate.version === version);
  return !entry || lifecycleOf(entry, now) === 'deprecated';
};

/** The newest version is offered whatever its dates; a deprecated one is not. */
export const isOffered = (catalogue: Catalogue, entry: CatalogueEntry, now: Date): boolean =>
  lifecycleOf(entry, now) !== 'deprecated' || newestEntry(catalogue)?.version === entry.version;

/** The version that is marked as the default, as long as it is offered; else the newest, which always is. Errors: `version_unknown`. */
export const defaultEntry = (catalogue: Catalogue, now: Date): CatalogueEntry => {
  const marked = catalogue.find((candidate) => candidate.default && isOffered(catalogue, candidate, now));
  const entry = marked ?? newestEntry(catalogue);
  if (!entry) throw new HoldfastError('version_unknown', 'The version catalogue is empty.');
  return entry;
};

/** Errors: `version_deprecated`, naming the versions offered instead. */
export const requireOffered = (catalogue: Catalogue, entry: CatalogueEntry, now: Date): void => {
  if (isOffered(catalogue, entry, now)) return;
  const offered = catalogue
    .filter((candidate) => isOffered(catalogue, candidate, now))
    .map((candidate) => candidate.version);
  throw new HoldfastError(
    'version_deprecated',
    `Version ${entry.version} is deprecated since ${lastDay(entry.deprecatedAt ?? '')} and takes no new databases; offered are ${offered.join(', ')}.`,
  );
};

export interface VersionListing {
  readonly version: string;
  readonly status: Lifecycle;
  readonly eolAt: string | null;
  readonly deprecatedAt: string | null;
  readonly latest: boolean;
  readonly default: boolean;
  readonly flavours: readonly string[];
  readonly offered: boolean;
  readonly image: string;
  readonly patch: string | null;
  readonly tlsProtocols: readonly string[];
}

/** The catalogue as people see it at a point in time, oldest version first. */
export const listVersions = (catalogue: Catalogue, now: Date): readonly VersionListing[] =>
  [...catalogue]
    .sort((a, b) => compareVersions(a.version, b.version))
    .map((entry) => ({
      version: entry.version,
      status: lifecycleOf(entry, now),
      eolAt: entry.eolAt && lastDay(entry.eolAt),
      deprecatedAt: entry.deprecatedAt && lastDay(entry.deprecatedAt),
      latest: newestEntry(catalogue)?.version === entry.version,
      default: defaultEntry(catalogue, now).version === entry.version,
      flavours: flavoursOf(entry.version),
      offered: isOffered(catalogue, entry, now),
      image: entry.image,
      patch: entry.patch,
      tlsProtocols: entry.tlsProtocols,
    }));
