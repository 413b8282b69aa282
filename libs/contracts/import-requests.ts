import { z } from 'zod';
import { persistenceModes } from '#domain/database/persistence.js';
import { diskBoundsGb, memoryBoundsMb } from '#domain/database/size.js';
import { handleSchema } from './database-requests.js';

const memory = z.int().min(memoryBoundsMb.minimum).max(memoryBoundsMb.maximum);
const disk = z.int().min(diskBoundsGb.minimum).max(diskBoundsGb.maximum);
const version = z.string().max(32).optional().describe('The default version when missing.');
const persistence = z.enum(persistenceModes).optional();

/** Whole numbers of a query. */
const written = (number: z.ZodInt) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(number)
    .optional()
    .meta({ wire: { type: 'integer' } });

/** Body of `POST /v1/environments/{env}/imports`, when the data are fetched. The URL is a secret. */
export const importFromUrlSchema = z.strictObject({
  handle: handleSchema,
  sourceUrl: z
    .string()
    .min(1)
    .max(2048)
    .describe(
      'redis://[user:password@]host[:port] or rediss://…, percent-encoded. It is kept sealed, until the import has ended.',
    ),
  tlsCaPem: z
    .string()
    .max(65_536)
    .optional()
    .describe('Who signs the certificate of a rediss:// source; whom the host trusts when missing.'),
  insecure: z.boolean().default(false).describe('Do not verify the certificate: whoever answers is believed.'),
  version,
  persistence,
  memoryMb: memory.default(memoryBoundsMb.default).describe('It must hold the data.'),
  diskGb: disk.default(diskBoundsGb.default),
});
export type ImportFromUrl = z.output<typeof importFromUrlSchema>;

/** The query of the same, when the body is an RDB file. */
export const importFileQuerySchema = z.strictObject({
  handle: handleSchema.optional().describe('Of the new database. For a body of bytes only, as all of these.'),
  version,
  persistence,
  memoryMb: written(memory).describe('It must hold the data.'),
  diskGb: written(disk),
});
export type ImportFileQuery = z.output<typeof importFileQuerySchema>;

/** What the new database is to be, in whichever way its data come. */
export type ImportWishes = Pick<ImportFromUrl, 'handle' | 'memoryMb' | 'diskGb'> & {
  readonly version?: string | undefined;
  readonly persistence?: ImportFromUrl['persistence'];
};
