import { answer } from '../api/client.js';
import { detachedNote, followToSuccess } from '../operations/outcome.js';
import { detachOption, operationOperand, type DetachOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions, [string]>({
  summary: 'Try a failed or cancelled operation again, as a new operation',
  operands: [operationOperand()],
  options: [detachOption()],
  examples: ['holdfast operation:retry 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, options, id) {
    const operation = await answer(session.api.POST('/v1/operations/{id}/retry', { params: { path: { id } } }));
    if (options.detach) return session.terminal.print(operation, [detachedNote(operation)]);
    session.terminal.print(await followToSuccess(session, operation), []);
  },
});
