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
  summary: 'Replace the container of a database, keeping its data',
  operands: [databaseOperand()],
  options: [...environmentOptions(), confirmOption(), detachOption()],
  notes: 'A memory-only database loses all its data, so its handle is asked for.',
  examples: ['holdfast db:reload orders', 'holdfast db:reload cache --confirm cache'],
  async run(session, options, handle) {
    await changeDatabase(session, await findDatabase(session, handle, options), { type: 'reload' }, options);
  },
});
