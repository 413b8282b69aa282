import { z } from 'zod';
import { persistenceModes } from '#domain/database/persistence.js';
import { diskBoundsGb, memoryBoundsMb } from '#domain/database/size.js';
import { handleSchema } from './database-requests.js';

const restoreRequestSchema = z.strictObject({
  type: z.literal('restore'),
  handle: handleSchema.optional().describe('Of the new database; `<handle>-at-YYYY-MM-DD-HH-MM-SS` when missing.'),
  environment: z.string().max(64).optional().describe("Its id or name; the backup's own when missing."),
  memoryMb: z.int().min(memoryBoundsMb.minimum).max(memoryBoundsMb.maximum).optional(),
  diskGb: z.int().min(diskBoundsGb.minimum).max(diskBoundsGb.maximum).optional(),
  persistence: z.enum(persistenceModes).optional(),
  version: z.string().max(32).optional().describe('A newer one than that of the backup; never an older one.'),
  keepCredentials: z.boolean().default(false).describe("The original's passwords instead of new ones."),
  defaultSettings: z
    .boolean()
    .optional()
    .describe(
      "The settings of a new database instead of the original's. What the version or the mode does not have is left out in any case, and named in `parameters.settingsLeftOut`.",
    ),
});
export type RestoreRequest = z.output<typeof restoreRequestSchema>;

/** Body of `POST /v1/backups/{id}/operations`. */
export const backupOperationRequestSchema = z.discriminatedUnion('type', [
  restoreRequestSchema,
  z.strictObject({ type: z.literal('verify') }),
  z.strictObject({
    type: z.literal('copy'),
    store: z.string().max(64).optional().describe("The second store of the environment's policy when missing."),
  }),
  z.strictObject({
    type: z.literal('purge'),
    confirm: z.string().max(64).optional().describe('The id of the backup, typed again.'),
  }),
]);
export type BackupOperationRequest = z.output<typeof backupOperationRequestSchema>;

/** Body of `PATCH /v1/backups/{id}`. */
export const patchBackupSchema = z.strictObject({
  hold: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .nullable()
    .describe('Why nothing may delete the backup from now on; null ends that.'),
});
export type PatchBackup = z.output<typeof patchBackupSchema>;
