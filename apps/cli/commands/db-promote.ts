import { Option } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { promotionModes, type PromotionMode } from '#domain/replication/promotion-mode.js';
import type { Database } from '../api/documents.js';
import { given } from '../api/given.js';
import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { promotionReceipt } from '../operations/promotion-receipt.js';
import { confirmedOptions, databaseOperand, wholeNumber, type ConfirmedOptions } from '../options.js';
import type { Session } from '../session.js';
import { defineVerb } from '../verb.js';

interface PromoteOptions extends ConfirmedOptions {
  readonly mode: PromotionMode;
  readonly maxLostBytes?: number;
}

export const verb = defineVerb<PromoteOptions, [string]>({
  summary: 'Make a replica the primary of its tree, for good, and print the receipt',
  operands: [databaseOperand()],
  options: confirmedOptions(
    new Option('--mode <mode>', 'what may be lost: nothing, up to a bound, anything')
      .choices(promotionModes)
      .default('strict'),
    new Option('--max-lost-bytes <count>', 'the bound of mode limited').argParser(wholeNumber),
  ),
  notes:
    'With a primary that answers no mode loses anything. Without one strict and limited refuse, because nobody can tell what would be lost; force does not, so its handle is asked for, or taken from --confirm.',
  examples: [
    'holdfast db:promote orders-2',
    'holdfast db:promote orders-2 --mode limited --max-lost-bytes 65536',
    'holdfast db:promote orders-2 --mode force --confirm orders-2',
  ],
  async run(session, options, handle) {
    const { mode, maxLostBytes } = options;
    if ((mode === 'limited') !== (maxLostBytes !== undefined)) {
      throw new HoldfastError('wrong_usage', '--max-lost-bytes goes with --mode limited, which needs it.');
    }
    const database = await findDatabase(session, handle, options);
    if (mode === 'force') await confirmLoss(session, database, options.confirm);
    session.terminal.note(
      `Writes wait for a moment. Then "${database.handle}" takes them, and clients of the primary door are dropped once.`,
    );
    const request = { type: 'promote', mode, ...given({ maxLostBytes }) } as const;
    const operation = await carryOut(session, database, request, { ...given({ detach: options.detach }) });
    if (operation) session.terminal.print(operation, promotionReceipt(operation));
  },
});

/** The API takes a promotion by force as it comes; a person at a keyboard may have meant something else. */
const confirmLoss = async ({ terminal }: Session, { handle }: Database, given: string | undefined): Promise<void> => {
  const consequence = `Mode force may lose acknowledged writes: all that "${handle}" has not received when its primary is gone.`;
  const typed = await terminal.confirmation(handle, given, consequence);
  if (typed === handle) return;
  throw new HoldfastError(
    'confirmation_required',
    `${consequence} "${typed}" is not its handle, so nothing was asked for.`,
  );
};
