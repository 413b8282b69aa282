import { answer } from '../api/client.js';
import { follow } from '../operations/follow.js';
import { detachedNote, requireCancelled } from '../operations/outcome.js';
import { detachOption, operationOperand, type DetachOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions, [string]>({
  summary: 'Cancel an operation and undo what it has done so far',
  operands: [operationOperand()],
  options: [detachOption()],
  notes: 'It fails when the operation ended otherwise before the wish reached it.',
  examples: ['holdfast operation:cancel 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, options, id) {
    const operation = await answer(session.api.POST('/v1/operations/{id}/cancel', { params: { path: { id } } }));
    if (options.detach) return session.terminal.print(operation, [detachedNote(operation)]);
    session.terminal.print(requireCancelled(await follow(session, operation)), []);
  },
});
