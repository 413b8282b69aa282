import { z } from 'zod';
import { createEnvironmentSchema } from '../database-requests.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { environmentReference, id, timestamp } from './values.js';

export const environmentSchema = z
  .strictObject({ id, name: z.string(), databases: z.int().min(0), createdAt: timestamp })
  .meta({ id: 'Environment', description: 'A namespace of databases; `databases` counts those not deprovisioned.' });
export type Environment = z.output<typeof environmentSchema>;

export const environmentParams = z.strictObject({ env: z.string().describe(environmentReference) });
const tag = 'environments';

export const environmentRoutes = {
  listEnvironments: defineRoute({
    id: 'listEnvironments',
    method: 'get',
    path: '/v1/environments',
    tag,
    summary: 'All environments, oldest first',
    access: 'read',
    query: z.strictObject(pageQuery('id')),
    answer: { status: 200, description: 'A page of environments.', schema: pageOf(environmentSchema) },
    errors: [],
  }),
  createEnvironment: defineRoute({
    id: 'createEnvironment',
    method: 'post',
    path: '/v1/environments',
    tag,
    summary: 'Make an environment',
    access: 'admin',
    body: createEnvironmentSchema,
    answer: { status: 201, description: 'The new environment.', schema: environmentSchema },
    errors: ['environment_taken', 'networks_exhausted'],
  }),
  getEnvironment: defineRoute({
    id: 'getEnvironment',
    method: 'get',
    path: '/v1/environments/{env}',
    tag,
    summary: 'One environment',
    access: 'read',
    params: environmentParams,
    answer: { status: 200, description: 'The environment.', schema: environmentSchema },
    errors: ['environment_not_found'],
  }),
  deleteEnvironment: defineRoute({
    id: 'deleteEnvironment',
    method: 'delete',
    path: '/v1/environments/{env}',
    tag,
    summary: 'Delete an environment that holds no database',
    access: 'destroy',
    params: environmentParams,
    answer: { status: 204, description: 'It is deleted; its history stays.' },
    errors: ['environment_not_found', 'environment_not_empty'],
  }),
};
