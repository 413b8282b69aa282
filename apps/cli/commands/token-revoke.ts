import { Argument } from 'commander';
import { answer } from '../api/client.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'Make an API token invalid at once',
  operands: [new Argument('<id>', 'id of the token; see token:list')],
  examples: ['holdfast token:revoke 0199d3a0-0000-7000-8000-000000000000'],
  async run({ api, terminal }, _options, id) {
    await answer(api.DELETE('/v1/tokens/{id}', { params: { path: { id } } }));
    terminal.print({ revoked: id }, [`Revoked ${id}`]);
  },
});
