import { findDatabase } from '../databases/reference.js';
import { changeDatabase } from '../operations/change.js';
import { confirmedOptions, databaseOperand, type ConfirmedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<ConfirmedOptions, [string]>({
  summary: 'End the link of a replica to its source; it becomes a database of its own',
  operands: [databaseOperand()],
  options: confirmedOptions(),
  notes:
    'Its handle is asked for, or taken from --confirm. It keeps its data, user and password, takes writes, and gets a primary door of its own.',
  examples: ['holdfast db:unlink orders-2', 'holdfast db:unlink orders-2 --confirm orders-2'],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const consequence = `"${database.handle}" will no longer follow its source and can never take up the link again.`;
    const confirm = await session.terminal.confirmation(database.handle, options.confirm, consequence);
    await changeDatabase(session, database, { type: 'unlink' }, { ...options, confirm });
  },
});
