import { z } from 'zod';
import { environmentParams } from './environments.js';
import { defineRoute } from './route.js';
import { databaseReference, idParams } from './values.js';

const storeName = z.string().min(1).max(64);

const retention = {
  daily: z.int().min(1).max(36_500).describe('The last backup of so many days that have one.'),
  monthly: z.int().min(0).max(1200).describe('The last backup of so many months that have one.'),
  yearly: z.int().min(0).max(100).describe('The last backup of so many years that have one.'),
};
const timing = {
  schedule: z.string().max(100).describe('Cron expression of five fields, in the time zone.'),
  timeZone: z.string().max(64).describe('IANA name; days, months and years are counted in it as well.'),
  maximumAgeHours: z
    .int()
    .min(1)
    .max(87_600)
    .describe('An alert is raised when a database has had no verified backup for longer.'),
};

const policyFields = {
  ...retention,
  makeCopy: z.boolean().describe('Each automatic backup is copied to the second store.'),
  keepFinal: z.boolean().describe('A last backup is taken when a database is deprovisioned.'),
  ...timing,
  store: storeName.nullable().describe('Null means the default one.'),
  copyStore: storeName.nullable(),
};

export const backupPolicySchema = z
  .strictObject(policyFields)
  .meta({ id: 'BackupPolicy', description: 'What an environment promises for the backups of its databases.' });

const own = z.object({ ...retention, ...timing });
const ownFields = Object.fromEntries(Object.entries(own.shape).map(([name, schema]) => [name, schema.nullable()])) as {
  [Name in keyof typeof own.shape]: z.ZodNullable<(typeof own.shape)[Name]>;
};

export const databaseBackupPolicySchema = z
  .strictObject({
    own: z.strictObject(ownFields).describe("Null is the environment's."),
    effective: backupPolicySchema.describe('What holds for the database.'),
  })
  .meta({ id: 'DatabaseBackupPolicy', description: 'What a database has otherwise than its environment.' });

const confirm = z.boolean().default(false).describe('Let go what the changed policy does not keep.');
const putPolicySchema = z.strictObject({ ...z.object(policyFields).partial().shape, confirm });
const putOwnPolicySchema = z.strictObject({ ...z.object(ownFields).partial().shape, confirm });
export type PutPolicy = z.output<typeof putPolicySchema>;
export type PutOwnPolicy = z.output<typeof putOwnPolicySchema>;

const tag = 'backups';
const params = idParams(databaseReference);
const changed =
  'What is not named stays as it is. Backups that the change lets go are listed under `errors`, by their ids.';

export const backupPolicyRoutes = {
  getBackupPolicy: defineRoute({
    id: 'getBackupPolicy',
    method: 'get',
    path: '/v1/environments/{env}/backup-policy',
    tag,
    summary: 'What an environment promises for backups',
    access: 'read',
    params: environmentParams,
    answer: { status: 200, description: 'The policy; the default when nothing was said.', schema: backupPolicySchema },
    errors: ['environment_not_found'],
  }),
  putBackupPolicy: defineRoute({
    id: 'putBackupPolicy',
    method: 'put',
    path: '/v1/environments/{env}/backup-policy',
    tag,
    summary: 'Change what an environment promises for backups',
    access: 'admin',
    params: environmentParams,
    body: putPolicySchema,
    answer: { status: 200, description: `The changed policy. ${changed}`, schema: backupPolicySchema },
    errors: ['environment_not_found', 'backup_store_unknown', 'backup_policy_would_delete'],
  }),
  getDatabaseBackupPolicy: defineRoute({
    id: 'getDatabaseBackupPolicy',
    method: 'get',
    path: '/v1/databases/{id}/backup-policy',
    tag,
    summary: 'What a database has otherwise than its environment',
    access: 'read',
    params,
    answer: { status: 200, description: 'Its own and what holds.', schema: databaseBackupPolicySchema },
    errors: ['database_not_found'],
  }),
  putDatabaseBackupPolicy: defineRoute({
    id: 'putDatabaseBackupPolicy',
    method: 'put',
    path: '/v1/databases/{id}/backup-policy',
    tag,
    summary: 'Change what a database has otherwise than its environment',
    access: 'admin',
    params,
    body: putOwnPolicySchema,
    answer: { status: 200, description: `The changed policy. ${changed}`, schema: databaseBackupPolicySchema },
    errors: ['database_not_found', 'backup_policy_would_delete'],
  }),
};
