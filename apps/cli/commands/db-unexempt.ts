import { answer } from '../api/client.js';
import { databasePath } from '../databases/reference.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions, [string]>({
  summary: 'End the exemption of a database',
  operands: [databaseOperand()],
  options: environmentOptions(),
  notes: 'The next deprecation sweep marks it, if its version has passed a date.',
  examples: ['holdfast db:unexempt orders'],
  async run(session, options, handle) {
    const path = { id: await databasePath(session, handle, options) };
    const database = await answer(session.api.DELETE('/v1/databases/{id}/exemption', { params: { path } }));
    session.terminal.print(database, [`${database.handle} is exempted no more.`]);
  },
});
