import { z } from 'zod';
import { marks } from '#domain/lifecycle/mark.js';
import { exemptionRequestSchema, asOfSchema } from '../lifecycle-requests.js';
import { databaseSchema } from './databases.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { databaseFilter, databaseReference, environmentFilter, id, idParams, timestamp } from './values.js';

const day = z.iso.date();
const longestDays = 3650;

const forecastItemSchema = z
  .strictObject({
    databaseId: id,
    environment: z.string(),
    handle: z.string(),
    version: z.string(),
    change: z.enum(marks),
    because: z.enum(['version', 'exemption-ends']).describe('A date of its version, or the end of its exemption.'),
    lastDay: day.describe('The last day before it, in UTC.'),
    takesEffectOn: day.describe('The first day on which it holds, in UTC.'),
    inDays: z.int(),
    within: z.literal([30, 90, 180]).nullable().describe('The shortest of these spans, in days, that holds it.'),
    exemption: z.strictObject({ reason: z.string(), endsOn: day }).nullable(),
    exempted: z.boolean().describe('The exemption still holds then: no mark comes of it.'),
  })
  .meta({ id: 'ForecastItem', description: 'What the version of a database will come to.' });

const forecastSchema = pageOf(forecastItemSchema)
  .extend({
    asOf: timestamp,
    days: z.int(),
    windows: z
      .array(z.strictObject({ withinDays: z.int(), databases: z.int() }))
      .describe('How many databases something comes over within 30, 90 and 180 days, each counted once.'),
  })
  .meta({ id: 'Forecast', description: 'Which databases reach the end of life or the deprecation of their version.' });

const noticeSchema = z
  .strictObject({
    id,
    event: z.string().describe('The action of the entry in the history that tells the same.'),
    environment: z.string(),
    databaseId: id,
    handle: z.string(),
    detail: z.record(z.string(), z.unknown()),
    createdAt: timestamp,
  })
  .meta({ id: 'Notice', description: 'What people should hear of: once for each change.' });

const days = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, `must be a whole number from 1 to ${longestDays}`)
  .transform(Number)
  .refine((value) => value <= longestDays, `must be a whole number from 1 to ${longestDays}`)
  .prefault('180')
  .meta({
    description: 'How far to look ahead.',
    wire: { type: 'integer', minimum: 1, maximum: longestDays, default: 180 },
  });
const scope = {
  days,
  asOf: asOfSchema.optional().describe('Looks ahead from this date in place of today.'),
  environment: environmentFilter,
};

const tag = 'lifecycle';
const params = idParams(databaseReference);

export const lifecycleRoutes = {
  getForecast: defineRoute({
    id: 'getForecast',
    method: 'get',
    path: '/v1/lifecycle/forecast',
    tag,
    summary: 'Which databases reach the end of life or the deprecation of their version, by the day',
    access: 'read',
    query: z.strictObject({ ...pageQuery('change'), ...scope }),
    answer: { status: 200, description: 'A page of what is to come.', schema: forecastSchema },
    errors: ['environment_not_found'],
  }),
  getForecastCsv: defineRoute({
    id: 'getForecastCsv',
    method: 'get',
    path: '/v1/lifecycle/forecast.csv',
    tag,
    summary: 'The whole forecast as CSV (RFC 4180)',
    access: 'read',
    query: z.strictObject(scope),
    answer: { status: 200, description: 'A table with a head.', media: 'text/csv', schema: z.string(), written: true },
    errors: ['environment_not_found'],
  }),
  getForecastCalendar: defineRoute({
    id: 'getForecastCalendar',
    method: 'get',
    path: '/v1/lifecycle/forecast.ics',
    tag,
    summary: 'The whole forecast as a calendar (RFC 5545), an event of a day for each change of a database',
    access: 'read',
    query: z.strictObject(scope),
    answer: { status: 200, description: 'A calendar.', media: 'text/calendar', schema: z.string(), written: true },
    errors: ['environment_not_found'],
  }),
  listNotices: defineRoute({
    id: 'listNotices',
    method: 'get',
    path: '/v1/notices',
    tag,
    summary: 'Notices, newest first',
    access: 'read',
    query: z.strictObject({ ...pageQuery('id'), environment: environmentFilter, database: databaseFilter }),
    answer: { status: 200, description: 'A page of notices.', schema: pageOf(noticeSchema) },
    errors: ['environment_not_found', 'database_not_found'],
  }),
  putExemption: defineRoute({
    id: 'putExemption',
    method: 'put',
    path: '/v1/databases/{id}/exemption',
    tag,
    summary: 'Let a database off: the deprecation sweep marks it no more, up to and with a day',
    access: 'admin',
    params,
    body: exemptionRequestSchema,
    answer: { status: 200, description: 'The database.', schema: databaseSchema },
    errors: ['database_not_found', 'database_not_ready'],
  }),
  deleteExemption: defineRoute({
    id: 'deleteExemption',
    method: 'delete',
    path: '/v1/databases/{id}/exemption',
    tag,
    summary: 'End its exemption',
    access: 'admin',
    params,
    answer: { status: 200, description: 'The database.', schema: databaseSchema },
    errors: ['database_not_found', 'exemption_not_found'],
  }),
};
