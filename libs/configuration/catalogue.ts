import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Catalogue } from '#domain/catalogue/version.js';
import type { FieldProblem } from '#domain/errors/holdfast-error.js';
import { ConfigurationError } from './configuration-error.js';

const date = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/, { error: 'must be YYYY-MM or YYYY-MM-DD', abort: true })
  .refine((text) => isDay(text.length === 7 ? `${text}-01` : text), 'is a day that the month does not have');

/** `2026-02-30` would pass on the 2nd of March. */
const isDay = (text: string): boolean => {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
};

const entryFields = z.strictObject({
  version: z.string().regex(/^\d+\.\d+$/, 'must be major.minor, such as 8.2'),
  image: z.string().min(1),
  patch: z.string().nullable().default(null),
  eolAt: date.nullable().default(null),
  deprecatedAt: date.nullable().default(null),
  tlsProtocols: z.array(z.enum(['TLSv1.2', 'TLSv1.3'])).min(1),
  default: z.boolean().default(false),
  capabilities: z.array(z.string()).default([]),
});

/** Months end in their last day; a day beyond it is not needed to compare them. */
const lastDayOf = (date: string): string => (date.length === 7 ? `${date}-31` : date);

/** A version is deprecated at its end of life or after it, never before. */
const entry = entryFields.refine(
  ({ eolAt, deprecatedAt }) => !eolAt || !deprecatedAt || lastDayOf(eolAt) <= lastDayOf(deprecatedAt),
  { error: 'is before eolAt', path: ['deprecatedAt'] },
);

const isUnique = (versions: readonly { version: string }[]): boolean =>
  new Set(versions.map(({ version }) => version)).size === versions.length;

const catalogueFile = z.strictObject({
  versions: z
    .array(entry)
    .min(1, { error: 'has no version', abort: true })
    .refine(isUnique, 'names a version twice')
    .refine((versions) => versions.filter((version) => version.default).length <= 1, 'has more than one default'),
});

const variable = 'HOLDFAST_CATALOGUE_FILE';
const shipped = fileURLToPath(new URL('./catalogue.json', import.meta.url));

/** The version catalogue: the operator's file when one is named, else the one that ships. Errors: `ConfigurationError` with all problems. */
export const loadCatalogue = (file: string | null): Catalogue => parseCatalogue(file, readCatalogueText(file));

/** The text of that file. Errors: `ConfigurationError` with all problems. */
export const parseCatalogue = (file: string | null, text: string): Catalogue => {
  const parsed = catalogueFile.safeParse(orRefuse(file, 'is no JSON', () => JSON.parse(text) as unknown));
  if (parsed.success) return parsed.data.versions;
  throw refusalOf(
    file,
    parsed.error.issues.map(({ path, message }) => ({ path: path.join('.') || 'all of it', message })),
  );
};

/** Errors: `ConfigurationError`. */
export const readCatalogueText = (file: string | null): string =>
  orRefuse(file, 'cannot be read', () => readFileSync(file ?? shipped, 'utf8'));

const orRefuse = <Result>(file: string | null, what: string, read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    throw refusalOf(file, [{ path: 'it', message }]);
  }
};

const refusalOf = (file: string | null, problems: readonly FieldProblem[]): ConfigurationError =>
  new ConfigurationError(problems, { path: file ?? shipped, variable });
