import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { FieldProblem } from '#domain/errors/holdfast-error.js';
import { ConfigurationError } from './configuration-error.js';
import { absolutePath } from './value-schemas.js';

const variable = 'HOLDFAST_BACKUP_STORES_FILE';

const directoryStore = z.strictObject({ type: z.literal('directory'), path: absolutePath() });

const isEndpoint = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, pathname, search } = new URL(value);
  return /^https?:$/.test(protocol) && [username, password, search].join('') === '' && pathname === '/';
};

const s3Store = z
  .strictObject({
    type: z.literal('s3'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
    region: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be a region, such as us-east-1'),
    endpoint: z.string().refine(isEndpoint, 'must be http:// or https:// with a host, and nothing else').optional(),
    prefix: z
      .string()
      .regex(
        /^[a-z0-9_-][a-z0-9._-]*(\/[a-z0-9_-][a-z0-9._-]*)*$/,
        'must be a relative path without a slash at its end',
      )
      .max(100)
      .optional(),
    accessKeyId: z.string().min(1).optional(),
    accessKeyIdFile: absolutePath().optional(),
    secretAccessKeyFile: absolutePath().optional(),
    caFile: absolutePath().optional(),
    forcePathStyle: z.boolean().optional(),
  })
  .refine(({ accessKeyId, accessKeyIdFile }) => !accessKeyId || !accessKeyIdFile, {
    message: 'names accessKeyId and accessKeyIdFile; one is enough',
  })
  .refine((store) => Boolean(store.accessKeyId ?? store.accessKeyIdFile) === Boolean(store.secretAccessKeyFile), {
    message: 'needs secretAccessKeyFile and one of accessKeyId and accessKeyIdFile, or none of the three',
  });

const storesFile = z.strictObject({
  stores: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9 and -'),
      z.discriminatedUnion('type', [directoryStore, s3Store]),
    )
    .refine((stores) => Object.keys(stores).length > 0, 'names no store')
    // JavaScript puts such names before all others, and the first store is the default.
    .refine((stores) => !Object.keys(stores).some((name) => /^\d+$/.test(name)), 'has a name of digits only'),
});
type S3File = z.output<typeof s3Store>;

export interface DirectorySettings {
  readonly type: 'directory';
  readonly path: string;
  /** Whether Holdfast makes it when it is not there. */
  readonly isOwn: boolean;
}

/** A bucket with what its files hold. */
export interface S3Settings {
  readonly type: 's3';
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly prefix: string;
  /** Null takes what the machine offers. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** PEM. */
  readonly ca: string | null;
  readonly forcePathStyle: boolean;
}

/** By name; the first one is the default. */
export type BackupStoreSettings = Readonly<Record<string, DirectorySettings | S3Settings>>;

/**
 * The stores of the operator's file, or else one directory in the home of Holdfast, with the name `default`. Errors: `ConfigurationError`
 * with all problems; no secret is in it.
 */
export const loadBackupStores = (file: string | null, home: string): BackupStoreSettings => {
  if (file === null) return { default: { type: 'directory', path: join(home, 'backups'), isOwn: true } };
  const parsed = storesFile.safeParse(parseJson(read(file, '')));
  if (!parsed.success) throw new ConfigurationError(parsed.error.issues.flatMap(problemsOf));
  const problems: FieldProblem[] = [];
  const settings = Object.entries(parsed.data.stores).map(([name, store]) => [
    name,
    store.type === 's3' ? s3Settings(name, store, problems) : { ...store, isOwn: false },
  ]);
  problems.push(...samePlaces(parsed.data.stores));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.fromEntries(settings) as BackupStoreSettings;
};

/** A copy in the place of its original is no copy: purging one would take the other away. */
const samePlaces = (stores: z.output<typeof storesFile>['stores']): FieldProblem[] => {
  const first = new Map<string, string>();
  return Object.entries(stores).flatMap(([name, store]) => {
    const place = placeOf(store);
    const other = first.get(place);
    if (other === undefined) first.set(place, name);
    return other === undefined ? [] : [problem(`stores.${name}`, `is the same place as the store "${other}"`)];
  });
};

const placeOf = (store: z.output<typeof storesFile>['stores'][string]): string => {
  if (store.type === 'directory') return resolve(store.path);
  const { endpoint, bucket, prefix } = store;
  // A bucket of Amazon's has its name for itself in all regions.
  return JSON.stringify([endpoint === undefined ? null : new URL(endpoint).origin, bucket, prefix ?? '']);
};

const s3Settings = (name: string, store: S3File, problems: FieldProblem[]): S3Settings => {
  const textOf = (field: 'accessKeyIdFile' | 'secretAccessKeyFile' | 'caFile'): string | null => {
    const path = store[field];
    if (path === undefined) return null;
    try {
      const text = read(path, `stores.${name}.${field}`).trim();
      if (text === '') problems.push(problem(`stores.${name}.${field}`, `${path} is empty`));
      return text;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(...error.problems);
      return null;
    }
  };
  const accessKeyId = store.accessKeyId ?? textOf('accessKeyIdFile');
  const secretAccessKey = textOf('secretAccessKeyFile');
  return {
    type: 's3',
    bucket: store.bucket,
    region: store.region,
    endpoint: store.endpoint ?? null,
    prefix: store.prefix ?? '',
    credentials: accessKeyId !== null && secretAccessKey !== null ? { accessKeyId, secretAccessKey } : null,
    ca: textOf('caFile'),
    // Servers of one's own rarely have a name for each bucket.
    forcePathStyle: store.forcePathStyle ?? store.endpoint !== undefined,
  };
};

const problem = (path: string, message: string): FieldProblem => ({ path: `${variable} ${path}`.trim(), message });

const problemsOf = (issue: z.core.$ZodIssue): FieldProblem[] => {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => problem(path === '' ? key : `${path}.${key}`, 'is not a field that Holdfast knows'));
  }
  const { message } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
  return [problem(path, message)];
};

const read = (file: string, path: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError([problem(path, `${file} cannot be read: ${code ?? 'unknown'}`)]);
  }
};

/** The parser's message shows what stands at the place of the error, so it is not told. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigurationError([problem('', 'is no JSON')]);
  }
};
