import type { PersistenceMode } from '../database/persistence.js';
import { HoldfastError } from '../errors/holdfast-error.js';
import { defaultEntry } from './lifecycle.js';
import type { Catalogue, CatalogueEntry } from './version.js';

export interface VersionRequest {
  readonly version?: string | undefined;
  readonly persistence?: PersistenceMode | undefined;
}

/**
 * What a request means: a suffix names the mode, a bare version means `rdb` as the reference has it unless the mode is
 * said plainly, and a request that names neither gets `aof` on the version that is the default now.
 * Errors: `persistence_conflict`, `version_unknown`.
 */
export const resolveVersion = (
  catalogue: Catalogue,
  request: VersionRequest,
  now: Date,
): { entry: CatalogueEntry; persistence: PersistenceMode } => {
  if (request.version === undefined)
    return { entry: defaultEntry(catalogue, now), persistence: request.persistence ?? 'aof' };
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
