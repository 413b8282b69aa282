import { requireOffered } from '../catalogue/lifecycle.js';
import { resolveVersion } from '../catalogue/resolve-version.js';
import { compareVersions, type Catalogue, type CatalogueEntry } from '../catalogue/version.js';
import type { PersistenceMode } from '../database/persistence.js';
import { HoldfastError } from '../errors/holdfast-error.js';

/** `swap`: a second server takes over. `in-place`: the container is replaced on the same volume. */
export const upgradeMethods = ['swap', 'in-place'] as const;
export type UpgradeMethod = (typeof upgradeMethods)[number];

/**
 * What a database may be upgraded to. A suffix of the version has to name the mode that the database has.
 * Errors: `version_unknown`, `persistence_conflict`, `version_deprecated`, `version_current`, `downgrade_refused`.
 */
export const upgradeTarget = (
  catalogue: Catalogue,
  { version, persistence }: { readonly version: string; readonly persistence: PersistenceMode },
  wanted: string,
  now: Date,
): CatalogueEntry => {
  const { entry, persistence: meant } = resolveVersion(catalogue, { version: wanted }, now);
  // A bare version names no mode here: the database keeps its own.
  if (wanted !== entry.version && meant !== persistence) {
    throw new HoldfastError(
      'persistence_conflict',
      `"${wanted}" means persistence "${meant}"; the database has "${persistence}", which an upgrade leaves as it is.`,
      {
        remedy: `Upgrade to ${entry.version}, and change the mode with \`holdfast db:configure HANDLE --persistence ${meant}\`.`,
      },
    );
  }
  const order = compareVersions(entry.version, version);
  if (order === 0) throw new HoldfastError('version_current', `The database runs version ${version} already.`);
  if (order < 0) {
    throw new HoldfastError(
      'downgrade_refused',
      `The database runs version ${version}, and Redis ${entry.version} cannot read the RDB and append-only files of a newer one.`,
    );
  }
  requireOffered(catalogue, entry, now);
  return entry;
};

/** A replica is replaced in place, since nobody writes to it; a primary by swap, so that clients notice next to nothing. */
export const defaultMethod = (role: 'primary' | 'replica' | 'fenced'): UpgradeMethod =>
  role === 'primary' ? 'swap' : 'in-place';
