import { Option } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { given } from '../api/given.js';
import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { confirmedOptions, databaseOperand, wholeNumber, type ConfirmedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

interface RotateOptions extends ConfirmedOptions {
  readonly graceHours?: number;
  readonly now?: boolean;
}

export const verb = defineVerb<RotateOptions, [string]>({
  summary: 'Give a database, and all that hang together with it, new passwords with no client noticing',
  operands: [databaseOperand()],
  options: confirmedOptions(
    new Option('--grace-hours <count>', 'for how long the former password works on; 24 when missing').argParser(
      wholeNumber,
    ),
    new Option('--now', 'no grace: former passwords end at once and clients are dropped'),
  ),
  notes:
    "Clients that are connected stay, and both passwords work until the grace time is over; `holdfast db:url` shows the new one. With --now every client is dropped, so the handle is asked for. Holdfast's own passwords are replaced as well.",
  examples: [
    'holdfast db:rotate-credentials orders',
    'holdfast db:rotate-credentials orders --grace-hours 2',
    'holdfast db:rotate-credentials orders --now --confirm orders',
  ],
  async run(session, options, handle) {
    const { graceHours, now, confirm, detach } = options;
    if (now && graceHours !== undefined) throw new HoldfastError('wrong_usage', '--now has no --grace-hours.');
    const database = await findDatabase(session, handle, options);
    const request = { type: 'rotate-credentials', ...given({ graceHours, now }) } as const;
    const operation = await carryOut(session, database, request, given({ confirm, detach }));
    if (!operation) return;
    const until = operation.receipt?.['formerWorksUntil'];
    session.terminal.print(operation, [
      typeof until === 'string' ? `The former password works until ${until}.` : 'Only the new password works.',
    ]);
  },
});
