import type { ChangeRequest } from '../api/documents.js';
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
import { defineVerb, type Verb } from '../verb.js';
import { findDatabase } from './reference.js';

/** A verb that asks for one operation on one database and prints how it ended. */
export const changeVerb = (request: ChangeRequest, told: Pick<Verb, 'summary' | 'notes' | 'examples'>): Verb =>
  defineVerb<EnvironmentOptions & ConfirmOptions & DetachOptions, [string]>({
    ...told,
    operands: [databaseOperand()],
    options: [...environmentOptions(), confirmOption(), detachOption()],
    async run(session, options, handle) {
      await changeDatabase(session, await findDatabase(session, handle, options), request, options);
    },
  });
