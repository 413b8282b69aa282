import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** No segment begins with a dot: so none is `..`, and a store may keep what is not an object under such names. */
const key = /^[a-z0-9_-][a-z0-9._-]*(\/[a-z0-9_-][a-z0-9._-]*)*$/;
const prefix = /^([a-z0-9_-][a-z0-9._-]*\/)*([a-z0-9_-][a-z0-9._-]*)?$/;
/** S3 allows 1024 bytes, a file system 255 for each segment. */
const longest = { key: 900, segment: 200 };

/** A key may come from a manifest that somebody else wrote. Errors: `backup_store_refused`. */
export const assertKey = (value: string): void => assertForm(value, key);

/** The beginning of keys, also in the middle of a segment; empty for all. Errors: `backup_store_refused`. */
export const assertPrefix = (value: string): void => assertForm(value, prefix);

const assertForm = (value: string, form: RegExp): void => {
  if (fits(value, form)) return;
  throw new HoldfastError('backup_store_refused', `${JSON.stringify(value.slice(0, 100))} cannot be a key`);
};

/** A store may hold files of others, such as `lost+found`. */
export const isKey = (value: string): boolean => fits(value, key);

const fits = (value: string, form: RegExp): boolean =>
  value.length <= longest.key && value.split('/').every(({ length }) => length <= longest.segment) && form.test(value);

/** As stores sort: by the bytes, which for keys are their characters. */
export const byKey = (a: { readonly key: string }, b: { readonly key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
