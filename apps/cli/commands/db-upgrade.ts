import { Option } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { upgradeMethods, type UpgradeMethod } from '#domain/upgrade/upgrade-target.js';
import { given } from '../api/given.js';
import type { ChangeRequest } from '../api/documents.js';
import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { goBackReceipt } from '../operations/go-back-receipt.js';
import { upgradeReceipt } from '../operations/upgrade-receipt.js';
import { confirmedOptions, databaseOperand, type ConfirmedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

interface Wish {
  readonly version?: string;
  readonly method?: UpgradeMethod;
  readonly back?: boolean;
  readonly skipSafetyBackup?: boolean;
}

export const verb = defineVerb<Wish & ConfirmedOptions, [string]>({
  summary: 'Bring a database and all that follow it to a newer version, or back, and print the receipt',
  operands: [databaseOperand()],
  options: confirmedOptions(
    new Option('--version <version>', 'of the catalogue, newer than the one that it runs'),
    new Option('--method <method>', 'by a second server that takes over, or on the same volume').choices(
      upgradeMethods,
    ),
    new Option('--back', 'to the server that served before, which loses what was written since'),
    new Option('--skip-safety-backup', 'with --back: take no backup of what was written since'),
  ),
  notes:
    'A safety backup is taken and proved first, and the new version is tried with its settings, users and data. Then the replicas are upgraded, one after the other, and the database last: a primary by swap, a replica in place. By swap clients are dropped once and writes wait for a moment; in place nobody answers until the new server has loaded its data. A memory-only primary in place loses all its data, so its handle is asked for. With --back the server that a swap has replaced serves again, as long as it is kept: with its data of its last moment, and the passwords, settings, size and handle of today. What was written since is lost, so the handle is asked for; a backup of it is taken first, and the newer server is kept in its turn.',
  examples: [
    'holdfast db:upgrade orders --version 8.0',
    'holdfast db:upgrade orders --version 8.0 --method in-place',
    'holdfast db:upgrade orders --back',
  ],
  async run(session, { version, method, back, skipSafetyBackup, ...options }, handle) {
    const request = requestFor({ ...given({ version, method, back, skipSafetyBackup }) });
    const database = await findDatabase(session, handle, options);
    const operation = await carryOut(session, database, request, options);
    if (operation) session.terminal.print(operation, back ? goBackReceipt(operation) : upgradeReceipt(operation));
  },
});

/** Errors: `wrong_usage`. */
const requestFor = ({ version, method, back, skipSafetyBackup }: Wish): ChangeRequest => {
  if (back) {
    if (version === undefined && method === undefined) return { type: 'go-back', ...given({ skipSafetyBackup }) };
    throw new HoldfastError('wrong_usage', '--back goes with neither --version nor --method: there is one way back.');
  }
  if (skipSafetyBackup) throw new HoldfastError('wrong_usage', '--skip-safety-backup goes with --back only.');
  if (version === undefined) throw new HoldfastError('wrong_usage', 'Give --version, or --back.');
  return { type: 'upgrade', version, ...given({ method }) };
};
