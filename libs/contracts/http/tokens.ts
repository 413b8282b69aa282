import { z } from 'zod';
import { permissions } from '#domain/permissions/permission.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { id, idParams, timestamp } from './values.js';

const tokenNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Body of `POST /v1/tokens`. */
export const createTokenSchema = z.strictObject({
  name: z
    .string()
    .regex(tokenNamePattern, 'must be 1 to 64 letters, digits, ".", "_" and "-", and start with a letter or digit'),
  permissions: z.array(z.enum(permissions)).min(1).max(permissions.length),
  expiresAt: z.iso.datetime({ offset: true }).optional().describe('It never expires when missing.'),
});
export type CreateToken = z.output<typeof createTokenSchema>;

const token = {
  id,
  name: z.string(),
  permissions: z.array(z.enum(permissions)),
  createdBy: z.string(),
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
  revokedAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable(),
};
export const tokenSchema = z
  .strictObject(token)
  .meta({ id: 'Token', description: 'An API token, without its secret.' });
export type Token = z.output<typeof tokenSchema>;

const newTokenSchema = z
  .strictObject({ ...token, token: z.string().describe('The secret. It is shown this once.') })
  .meta({ id: 'NewToken' });

const tag = 'tokens';

export const tokenRoutes = {
  listTokens: defineRoute({
    id: 'listTokens',
    method: 'get',
    path: '/v1/tokens',
    tag,
    summary: 'All tokens, oldest first',
    access: 'owner',
    query: z.strictObject(pageQuery('id')),
    answer: { status: 200, description: 'A page of tokens, revoked ones as well.', schema: pageOf(tokenSchema) },
    errors: [],
  }),
  createToken: defineRoute({
    id: 'createToken',
    method: 'post',
    path: '/v1/tokens',
    tag,
    summary: 'Make a token',
    access: 'owner',
    body: createTokenSchema,
    answer: { status: 201, description: 'The token and its secret.', schema: newTokenSchema },
    errors: [],
  }),
  revokeToken: defineRoute({
    id: 'revokeToken',
    method: 'delete',
    path: '/v1/tokens/{id}',
    tag,
    summary: 'Revoke a token',
    access: 'owner',
    params: idParams('Its id.'),
    answer: { status: 204, description: 'It is revoked.' },
    errors: ['not_found'],
  }),
};
