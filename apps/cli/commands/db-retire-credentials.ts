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
  summary: 'End the grace time of a rotation now: only the password that is shown works',
  operands: [databaseOperand()],
  options: [...environmentOptions(), confirmOption(), detachOption()],
  notes:
    'Every client is dropped, and those that know only a former password cannot come back: the handle is asked for.',
  examples: ['holdfast db:retire-credentials orders', 'holdfast db:retire-credentials orders --confirm orders'],
  async run(session, options, handle) {
    await changeDatabase(
      session,
      await findDatabase(session, handle, options),
      { type: 'retire-credentials' },
      options,
    );
  },
});
