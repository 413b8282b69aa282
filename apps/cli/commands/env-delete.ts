import { Argument } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer } from '../api/client.js';
import { confirmOption, type ConfirmOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<ConfirmOptions, [string]>({
  summary: 'Delete an environment that holds no databases',
  operands: [new Argument('<name>', 'name of the environment')],
  options: [confirmOption('name')],
  examples: ['holdfast env:delete staging', 'holdfast env:delete staging --confirm staging'],
  async run({ api, terminal }, options, name) {
    const typed = await terminal.confirmation(name, options.confirm, `The environment "${name}" will be deleted.`);
    if (typed !== name) throw new HoldfastError('confirmation_required', `"${typed}" is not "${name}".`);
    await answer(api.DELETE('/v1/environments/{env}', { params: { path: { env: name } } }));
    terminal.print({ deleted: name }, [`Deleted ${name}`]);
  },
});
