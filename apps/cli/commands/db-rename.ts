import { Argument } from 'commander';
import { answer } from '../api/client.js';
import { findDatabase } from '../databases/reference.js';
import { unlessDetached } from '../operations/outcome.js';
import { databaseOperand, followedOptions, type FollowedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<FollowedOptions, [string, string]>({
  summary: 'Give a database another handle',
  operands: [databaseOperand(), new Argument('<new>', 'the new handle')],
  options: followedOptions(),
  fields: { handle: '<new>' },
  notes:
    'Doors, passwords and data stay, and connections that are open go on. Containers on its network reach it by the new handle and, until its next reload, by the old one, which is free for others from then on. Backups keep the handle that they were taken under.',
  examples: ['holdfast db:rename orders sales'],
  async run(session, options, handle, wanted) {
    const database = await findDatabase(session, handle, options);
    const { id } = database;
    // The API has nothing to do then, and the last rename is another one.
    if (database.handle === wanted) return session.terminal.print(database, [`It is "${wanted}" already.`]);
    await answer(session.api.PATCH('/v1/databases/{id}', { params: { path: { id } }, body: { handle: wanted } }));
    const query = { database: id, type: 'rename', limit: 1 } as const;
    const { items } = await answer(session.api.GET('/v1/operations', { params: { query } }));
    const operation = items[0] && (await unlessDetached(session, items[0], options));
    if (operation) session.terminal.print(operation, [`It is "${wanted}" now.`]);
  },
});
