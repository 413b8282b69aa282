import { z } from 'zod';
import { handlePattern, environmentNamePattern } from '#domain/database/handle.js';
import { persistenceModes } from '#domain/database/persistence.js';
import { diskBoundsGb, maxmemoryPolicies, memoryBoundsMb } from '#domain/database/size.js';

export const handleSchema = z
  .string()
  .regex(handlePattern, 'must be 1 to 64 characters of a-z, 0-9, ".", "_" and "-", and start with a letter or digit')
  .refine((handle) => !z.uuid().safeParse(handle).success, 'must not look like an id');

export const environmentNameSchema = z
  .string()
  .regex(environmentNamePattern, 'must be 1 to 32 characters of a-z, 0-9 and "-", and start with a letter or digit');

/** Body of `POST /v1/environments/{env}/databases`. */
export const createDatabaseSchema = z.strictObject({
  handle: handleSchema,
  version: z
    .string()
    .max(32)
    .optional()
    .describe('Such as 8.0, 8.0-aof or 8.0-nordb; the default version when missing.'),
  persistence: z.enum(persistenceModes).optional(),
  memoryMb: z.int().min(memoryBoundsMb.minimum).max(memoryBoundsMb.maximum).default(memoryBoundsMb.default),
  diskGb: z.int().min(diskBoundsGb.minimum).max(diskBoundsGb.maximum).default(diskBoundsGb.default),
  tlsOnly: z.boolean().default(false),
  maxmemoryPolicy: z.enum(maxmemoryPolicies).default('noeviction'),
  deletionProtection: z.boolean().default(false),
});
export type CreateDatabase = z.output<typeof createDatabaseSchema>;

/** Body of `PATCH /v1/databases/{id}`. */
export const patchDatabaseSchema = z
  .strictObject({
    handle: handleSchema.optional().describe('Another one than it has records an operation `rename`.'),
    deletionProtection: z.boolean().optional(),
    backupsEnabled: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'must name at least one field to change');
export type PatchDatabase = z.output<typeof patchDatabaseSchema>;

export const createEnvironmentSchema = z.strictObject({ name: environmentNameSchema });
export type CreateEnvironment = z.output<typeof createEnvironmentSchema>;
