import { Argument } from 'commander';
import { answer } from '../api/client.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'Make an environment',
  operands: [new Argument('<name>', 'name of the new environment')],
  examples: ['holdfast env:create staging'],
  async run({ api, terminal }, _options, name) {
    const environment = await answer(api.POST('/v1/environments', { body: { name } }));
    terminal.print(environment, [environment.name]);
  },
});
