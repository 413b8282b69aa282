import { findDatabase } from '../databases/reference.js';
import { changeDatabase } from '../operations/change.js';
import {
  confirmOption,
  databaseOperand,
  detachOption,
  environmentOptions,
  type ConfirmOptions,
  type DetachOptions,
  type EnvironmentOptions,
} from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions & ConfirmOptions & DetachOptions, [string]>({
  summary: 'Remove the servers that upgrades of a database have kept, before their time',
  operands: [databaseOperand()],
  options: [...environmentOptions(), confirmOption(), detachOption()],
  notes: 'They go by themselves when their time is over. Without them the safety backup is the only way back.',
  examples: ['holdfast db:discard orders', 'holdfast db:discard orders --confirm orders'],
  async run(session, options, handle) {
    await changeDatabase(session, await findDatabase(session, handle, options), { type: 'discard' }, options);
  },
});
