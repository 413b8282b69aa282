import { answer } from '../api/client.js';
import type { Token } from '../api/documents.js';
import { itemsOf } from '../api/pages.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb({
  summary: 'List the API tokens, without their secrets',
  examples: ['holdfast token:list'],
  async run({ api, terminal }) {
    const tokens = await itemsOf((query) => answer(api.GET('/v1/tokens', { params: { query } })));
    terminal.print(tokens, table(['id', 'name', 'permissions', 'expires', 'last used'], tokens.map(rowOf)));
  },
});

const rowOf = ({ id, name, permissions, revokedAt, expiresAt, lastUsedAt }: Token): string[] => [
  id,
  name,
  permissions.join(','),
  revokedAt === null ? (expiresAt ?? 'never') : 'revoked',
  lastUsedAt ?? '-',
];
