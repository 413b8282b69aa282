import { answer } from '../api/client.js';
import { itemsOf } from '../api/pages.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb({
  summary: 'List the environments',
  examples: ['holdfast env:list'],
  async run({ api, terminal }) {
    const environments = await itemsOf((query) => answer(api.GET('/v1/environments', { params: { query } })));
    terminal.print(
      environments,
      environments.map((environment) => environment.name),
    );
  },
});
