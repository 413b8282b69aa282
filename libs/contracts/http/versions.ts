import { z } from 'zod';
import { lifecycles } from '#domain/catalogue/lifecycle.js';
import { asOfSchema } from '../lifecycle-requests.js';
import { defineRoute } from './route.js';

export const versionSchema = z
  .strictObject({
    version: z.string(),
    status: z.enum(lifecycles),
    eolAt: z.string().nullable().describe('Last day before the end of life, YYYY-MM-DD in UTC.'),
    deprecatedAt: z.string().nullable().describe('Last day on which new databases may have it, YYYY-MM-DD in UTC.'),
    latest: z.boolean(),
    default: z.boolean(),
    flavours: z.array(z.string()),
    offered: z.boolean(),
    image: z.string(),
    patch: z.string().nullable(),
    tlsProtocols: z.array(z.string()),
  })
  .meta({ id: 'Version', description: 'A line of the version catalogue; its status is computed from its dates.' });

const asOf = asOfSchema.optional().describe('Computes the status for this date in place of today.');

export const versionRoutes = {
  listVersions: defineRoute({
    id: 'listVersions',
    method: 'get',
    path: '/v1/versions',
    tag: 'versions',
    summary: 'The version catalogue, oldest version first',
    access: 'read',
    query: z.strictObject({ asOf }),
    answer: {
      status: 200,
      description: 'The whole catalogue.',
      schema: z.strictObject({ items: z.array(versionSchema), nextCursor: z.null() }),
    },
    errors: [],
  }),
};
