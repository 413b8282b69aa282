import { followToSuccess } from '../operations/outcome.js';
import { operationAt } from '../operations/follow.js';
import { operationOperand } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'Follow an operation to its end; fails when it fails',
  operands: [operationOperand()],
  notes: 'Ctrl-C stops the following, not the operation.',
  examples: ['holdfast operation:follow 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, _options, id) {
    session.terminal.print(await followToSuccess(session, await operationAt(session, id)), []);
  },
});
