import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer } from '../api/client.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb({
  summary: 'Print the newest signed checkpoint of the history, to be kept off the machine',
  notes: 'A history that was cut off or rewritten no longer has the hash that the checkpoint states.',
  examples: ['holdfast audit:checkpoint >> /mnt/elsewhere/checkpoints.jsonl'],
  async run({ api, terminal }) {
    const { items } = await answer(api.GET('/v1/audit/checkpoints'));
    const newest = items.at(-1);
    if (!newest) throw new HoldfastError('not_found', 'No checkpoint has been signed yet.');
    terminal.print(newest, [JSON.stringify(newest)]);
  },
});
