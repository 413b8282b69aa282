import { access } from 'node:fs/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const refused = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ELOOP', 'ENAMETOOLONG'],
]);

export const describeDirectory = (root: string): string => `directory ${root}`;

/** Whatever touches the file system below the root of a store passes here. A root that is missing is a disk that may come back. */
export const touchDirectory = async <T>(root: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || (await isThere(root))) throw directoryError(describeDirectory(root), error);
    const what = 'is not there; its disk may not be mounted';
    throw new HoldfastError('backup_store_unreachable', `${describeDirectory(root)} ${what}`, { cause: error });
  }
};

/** False only where nothing is. */
export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );

/** What to tell of a failed call of the file system; what is no such failure, unchanged. */
const directoryError = (place: string, error: unknown): unknown => {
  const code = codeOf(error);
  if (code === null) return error;
  const meaning = full.has(code)
    ? 'backup_store_full'
    : refused.has(code)
      ? 'backup_store_refused'
      : 'backup_store_unreachable';
  return new HoldfastError(meaning, `${place}: ${(error as Error).message}`, { cause: error });
};

/** Such as ENOENT; null for what is no failure of the system. */
export const codeOf = (error: unknown): string | null => {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  return typeof code === 'string' && typeof errno === 'number' ? code : null;
};
