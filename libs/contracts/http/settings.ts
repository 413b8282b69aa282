import { z } from 'zod';
import { persistenceModes } from '#domain/database/persistence.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { databaseReference, id, idParams, timestamp } from './values.js';

const settingSchema = z
  .strictObject({
    name: z.string().describe("As the database's version calls it."),
    type: z.enum(['integer', 'bytes', 'boolean', 'choice', 'events', 'save-points', 'buffer-limits']),
    takes: z.string().describe('What values it takes, for people.'),
    minimum: z.int().nullable(),
    maximum: z.int().nullable(),
    choices: z.array(z.string()).nullable(),
    value: z.string().describe('In force, as CONFIG GET shows it.'),
    default: z.string(),
    isDefault: z.boolean(),
    apply: z.enum(['hot', 'restart']).describe('At once, with no client noticing; or by a restart.'),
  })
  .meta({ id: 'Setting', description: 'One Redis setting that can be chosen.' });
export type Setting = z.output<typeof settingSchema>;

const settingsSchema = z
  .strictObject({
    items: z.array(settingSchema),
    nextCursor: z.null(),
    persistence: z.enum(persistenceModes),
    tlsOnly: z.boolean(),
  })
  .meta({ id: 'Settings', description: 'What can be chosen for a database, and what is in force.' });

const settingsEntrySchema = z
  .strictObject({
    id,
    at: timestamp,
    actor: z.string(),
    operation: id.nullable().describe('Null for the first entry: what the database was made with.'),
    changes: z.array(z.strictObject({ name: z.string(), before: z.string(), after: z.string() })),
    settings: z
      .record(z.string(), z.string())
      .describe('All that was not default from then on; what `revertTo` brings back.'),
  })
  .meta({ id: 'SettingsEntry', description: 'One change of the settings of a database.' });
export type SettingsEntry = z.output<typeof settingsEntrySchema>;

const tag = 'databases';
const params = idParams(databaseReference);

export const settingsRoutes = {
  getSettings: defineRoute({
    id: 'getSettings',
    method: 'get',
    path: '/v1/databases/{id}/settings',
    tag,
    summary: 'Redis settings that can be chosen, with bounds, values in force, and whether they need a restart',
    access: 'read',
    params,
    answer: { status: 200, description: 'The settings.', schema: settingsSchema },
    errors: ['database_not_found'],
  }),
  listSettingsHistory: defineRoute({
    id: 'listSettingsHistory',
    method: 'get',
    path: '/v1/databases/{id}/settings/history',
    tag,
    summary: 'Who changed which setting from what to what, the newest first',
    access: 'read',
    params,
    query: z.strictObject(pageQuery('id')),
    answer: { status: 200, description: 'A page of entries.', schema: pageOf(settingsEntrySchema) },
    errors: ['database_not_found'],
  }),
};
