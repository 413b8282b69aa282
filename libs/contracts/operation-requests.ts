import { z } from 'zod';
import { persistenceModes } from '#domain/database/persistence.js';
import { graceBoundsHours } from '#domain/credentials/grace.js';
import { promotionModes } from '#domain/replication/promotion-mode.js';
import { diskBoundsGb, memoryBoundsMb } from '#domain/database/size.js';
import { upgradeMethods } from '#domain/upgrade/upgrade-target.js';
import { handleSchema } from './database-requests.js';

export const confirm = z.string().max(64).describe('The handle of the database, typed again.');

export const promotionRequestSchema = z
  .strictObject({
    type: z.literal('promote'),
    mode: z.enum(promotionModes).default('strict').describe('What may be lost: nothing, up to a bound, anything.'),
    maxLostBytes: z
      .int()
      .min(0)
      .optional()
      .describe('The bound of mode limited, which needs it; no other mode has one.'),
  })
  // A bound that is not heeded would be worse than none.
  .refine(({ mode, maxLostBytes }) => (mode === 'limited') === (maxLostBytes !== undefined), {
    path: ['maxLostBytes'],
    message: 'must be given with mode limited, and with no other',
  });

const sizes = {
  memoryMb: z.int().min(memoryBoundsMb.minimum).max(memoryBoundsMb.maximum).optional(),
  diskGb: z.int().min(diskBoundsGb.minimum).max(diskBoundsGb.maximum).optional(),
};

/** As a `resize` is recorded. */
export const sizeSchema = z.object(sizes);

const resizeRequestSchema = z
  .strictObject({ type: z.literal('resize'), ...sizes })
  .refine(({ memoryMb, diskGb }) => memoryMb !== undefined || diskGb !== undefined, 'must name memoryMb or diskGb');

const settingValue = z.union([z.string().max(1024), z.number(), z.boolean(), z.null()]);

const configureRequestSchema = z
  .strictObject({
    type: z.literal('configure'),
    settings: z
      .record(z.string().min(1).max(64), settingValue)
      .refine((settings) => Object.keys(settings).length <= 100, 'must name at most 100 settings')
      .optional()
      .describe('Redis settings by their names; null gives the default back.'),
    revertTo: z.uuid().optional().describe('An entry of the history: the settings that were in force from then on.'),
    persistence: z.enum(persistenceModes).optional(),
    tlsOnly: z.boolean().optional(),
    confirm: confirm.optional(),
  })
  .refine(
    ({ settings, revertTo, persistence, tlsOnly }) =>
      [settings, revertTo, persistence, tlsOnly].some((wish) => wish !== undefined),
    'must name settings, revertTo, persistence or tlsOnly',
  )
  .refine(({ settings, revertTo }) => settings === undefined || revertTo === undefined, {
    path: ['revertTo'],
    message: 'goes with no settings: it means all of them',
  });

export const rotationRequestSchema = z
  .strictObject({
    type: z.literal('rotate-credentials'),
    graceHours: z
      .int()
      .min(graceBoundsHours.minimum)
      .max(graceBoundsHours.maximum)
      .optional()
      .describe(`For how long the former password works on; ${graceBoundsHours.default} when missing.`),
    now: z.boolean().optional().describe('No grace: former passwords end at once, and clients are dropped.'),
    confirm: confirm.optional(),
  })
  .refine(({ graceHours, now }) => !now || graceHours === undefined, {
    path: ['graceHours'],
    message: 'does not go with now',
  });

/** Body of `POST /v1/databases/{id}/operations`: one entry for each kind that can be asked of a database. */
export const operationRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('restart'), confirm: confirm.optional() }),
  z.strictObject({ type: z.literal('reload'), confirm: confirm.optional() }),
  z.strictObject({
    type: z.literal('replicate'),
    handle: handleSchema.describe('Of the new replica.'),
    ...sizes,
  }),
  promotionRequestSchema,
  z.strictObject({
    type: z.literal('unlink'),
    confirm: confirm.optional(),
  }),
  z.strictObject({
    type: z.literal('upgrade'),
    version: z.string().max(32).describe('Of the catalogue, newer than the one that the database runs.'),
    method: z
      .enum(upgradeMethods)
      .optional()
      .describe('By a second server that takes over (a primary), or by replacing the container (a replica).'),
    confirm: confirm.optional(),
  }),
  z.strictObject({
    type: z.literal('go-back'),
    skipSafetyBackup: z
      .boolean()
      .optional()
      .describe('No backup of what was written since; for a server that does not answer any more.'),
    confirm: confirm.optional(),
  }),
  z.strictObject({ type: z.literal('discard'), confirm: confirm.optional() }),
  z.strictObject({ type: z.literal('repair') }),
  configureRequestSchema,
  resizeRequestSchema,
  rotationRequestSchema,
  z.strictObject({ type: z.literal('retire-credentials'), confirm: confirm.optional() }),
  z.strictObject({ type: z.literal('renew-certificate') }),
  z.strictObject({ type: z.literal('backup-snapshot') }),
  z.strictObject({
    type: z.literal('deprovision'),
    confirm: confirm.optional(),
    skipFinalBackup: z.boolean().optional(),
  }),
]);
export type OperationRequest = z.output<typeof operationRequestSchema>;

/** Payload of a wake-up for a sweep. */
export const sweepPayloadSchema = z.strictObject({ v: z.literal(1) });

/** A job's whole payload. It holds no facts: the row in Postgres has them. */
export const jobPayloadSchema = z.strictObject({ operationId: z.uuid(), v: z.literal(1) });
