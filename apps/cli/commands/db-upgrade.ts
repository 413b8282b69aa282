import { Option } from 'commander';
import { upgradeMethods, type UpgradeMethod } from '#domain/upgrade/upgrade-target.js';
import { given } from '../api/given.js';
import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { upgradeReceipt } from '../operations/upgrade-receipt.js';
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

interface UpgradeOptions extends EnvironmentOptions, ConfirmOptions, DetachOptions {
  readonly version: string;
  readonly method?: UpgradeMethod;
}

export const verb = defineVerb<UpgradeOptions, [string]>({
  summary: 'Bring a database and all that follow it to a newer version, and print the receipt',
  operands: [databaseOperand()],
  options: [
    ...environmentOptions(),
    new Option('--version <version>', 'of the catalogue, newer than the one that it runs').makeOptionMandatory(),
    new Option('--method <method>', 'by a second server that takes over, or on the same volume').choices(
      upgradeMethods,
    ),
    confirmOption(),
    detachOption(),
  ],
  notes:
    'A safety backup is taken and proved first, and the new version is tried with its settings, users and data. Then the replicas are upgraded, one after the other, and the database last: a primary by swap, a replica in place. By swap clients are dropped once and writes wait for a moment; in place nobody answers until the new server has loaded its data. A memory-only primary in place loses all its data, so its handle is asked for.',
  examples: ['holdfast db:upgrade orders --version 8.0', 'holdfast db:upgrade orders --version 8.0 --method in-place'],
  async run(session, { version, method, ...options }, handle) {
    const database = await findDatabase(session, handle, options);
    const request = { type: 'upgrade', version, ...given({ method }) } as const;
    const operation = await carryOut(session, database, request, options);
    if (operation) session.terminal.print(operation, upgradeReceipt(operation));
  },
});
