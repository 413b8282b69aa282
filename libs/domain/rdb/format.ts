import { compareVersions } from '../catalogue/version.js';
import { HoldfastError } from '../errors/holdfast-error.js';

/** The RDB formats that came with each version (RDB_VERSION in Redis' rdb.h), the newest first. */
const formats = [
  { since: '7.4', format: 12 },
  { since: '7.2', format: 11 },
  { since: '7.0', format: 10 },
  { since: '5.0', format: 9 },
] as const;

/** The newest format that a server of this version loads. */
export const newestFormat = (version: string): number =>
  formats.find(({ since }) => compareVersions(version, since) >= 0)?.format ?? 8;

/** How many bytes `requireLoadable` has to see. */
export const headBytes = 9;

/**
 * Looks at the first bytes of a file. Errors: `import_invalid` when they begin no RDB file, `import_too_new` when a server of this version
 * does not load it.
 */
export const requireLoadable = (head: Uint8Array, version: string): void => {
  const text = String.fromCharCode(...head.subarray(0, headBytes));
  const parts = /^(?:REDIS(?<redis>\d{4})|VALKEY(?<valkey>\d{3}))$/.exec(text)?.groups;
  if (!parts) throw new HoldfastError('import_invalid', 'The bytes do not begin as an RDB file does.');
  requireFormat(Number(parts.redis ?? parts.valkey), version);
};

/** Errors: `import_too_new`. */
export const requireFormat = (format: number, version: string): void => {
  const newest = newestFormat(version);
  if (format <= newest) return;
  throw new HoldfastError(
    'import_too_new',
    `The data have the RDB format ${String(format)}; Redis ${version} reads up to ${String(newest)}.`,
  );
};
