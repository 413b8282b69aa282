import { HoldfastError } from '#domain/errors/holdfast-error.js';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const refused = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ELOOP', 'ENAMETOOLONG'],
]);

/** What to tell of a failed call of the file system; what is no such failure, unchanged. */
export const directoryError = (place: string, error: unknown): unknown => {
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
