import type { ChangeRequest } from '../api/documents.js';
import { changeDatabase } from '../operations/change.js';
import { confirmedOptions, databaseOperand, type ConfirmedOptions } from '../options.js';
import { defineVerb, type Verb } from '../verb.js';
import { findDatabase } from './reference.js';

/** A verb that asks for one operation on one database and prints how it ended. */
export const changeVerb = (request: ChangeRequest, told: Pick<Verb, 'summary' | 'notes' | 'examples'>): Verb =>
  defineVerb<ConfirmedOptions, [string]>({
    ...told,
    operands: [databaseOperand()],
    options: confirmedOptions(),
    async run(session, options, handle) {
      await changeDatabase(session, await findDatabase(session, handle, options), request, options);
    },
  });
