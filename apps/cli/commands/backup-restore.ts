import { Option } from 'commander';
import { persistenceModes, type PersistenceMode } from '#domain/database/persistence.js';
import type { Backup } from '../api/documents.js';
import { given } from '../api/given.js';
import { momentOf } from '../backups/backup-text.js';
import { backupAt, requestOnBackup } from '../backups/request.js';
import { leftOut, warningsOf } from '../backups/restore-warnings.js';
import { shownUrl } from '../databases/door.js';
import { databaseAt, givenEnvironment } from '../databases/reference.js';
import { sizeOptions, sizesIn, type SizeOptions } from '../databases/size-options.js';
import { unlessDetached } from '../operations/outcome.js';
import {
  backupOperand,
  detachOption,
  environmentOptions,
  type DetachOptions,
  type EnvironmentOptions,
} from '../options.js';
import type { Session } from '../session.js';
import { renderAge } from '../text/age.js';
import { defineVerb } from '../verb.js';

interface RestoreOptions extends EnvironmentOptions, DetachOptions, SizeOptions {
  readonly handle?: string;
  readonly persistence?: PersistenceMode;
  readonly version?: string;
  readonly keepCredentials?: boolean;
  readonly defaultSettings?: boolean;
}

export const verb = defineVerb<RestoreOptions, [string]>({
  summary: 'Restore a backup into a new database and print its URL',
  operands: [backupOperand()],
  options: [
    new Option('--handle <handle>', 'name of the new database; <handle>-at-YYYY-MM-DD-HH-MM-SS when not given'),
    ...environmentOptions("the backup's own when not given"),
    ...sizeOptions("memory; the backup's when not given", "disk; the backup's when not given"),
    new Option('--persistence <mode>', "the backup's when not given").choices(persistenceModes),
    new Option('--version <version>', "such as 8.0: the backup's when not given, or a newer one"),
    new Option('--keep-credentials', 'the passwords that the original had, in place of new ones'),
    new Option('--default-settings', 'the Redis settings of a new database, in place of those that the original had'),
    detachOption(),
  ],
  notes:
    'The original is not touched, whatever became of it. The URL, with its password, is all that goes to the standard output.',
  examples: [
    'holdfast backup:restore 0199d3a0-0000-7000-8000-000000000000',
    'holdfast backup:restore 0199d3a0-0000-7000-8000-000000000000 --handle orders-2 -e staging --container-size 2048',
    'URL=$(holdfast backup:restore 0199d3a0-0000-7000-8000-000000000000 --version 8.0 --persistence aof)',
  ],
  async run(session, options, id) {
    const backup = await backupAt(session, id);
    const warnings = await warningsOf(session, backup, options.version);
    const requested = await requestOnBackup(session, id, { type: 'restore', ...bodyOf(options) });
    session.terminal.note(restoringNote(backup, requested.databases[0]?.handle ?? ''));
    [...warnings, ...leftOut(requested)].forEach((warning) => session.terminal.note(`Warning: ${warning}`));
    const operation = await unlessDetached(session, requested, options);
    if (operation) await printRestored(session, operation.receipt?.databaseId ?? '', operation);
  },
});

const bodyOf = (options: RestoreOptions) => ({
  keepCredentials: options.keepCredentials ?? false,
  defaultSettings: options.defaultSettings ?? false,
  ...sizesIn(options),
  ...given({
    handle: options.handle,
    environment: givenEnvironment(options),
    persistence: options.persistence,
    version: options.version,
  }),
});

const restoringNote = (backup: Backup, handle: string): string => {
  const at = momentOf(backup);
  return `Restoring "${backup.handle}" as it was at ${at} (${renderAge(at, new Date())}) into "${handle}".`;
};

const printRestored = async (session: Session, databaseId: string, operation: object): Promise<void> => {
  const database = await databaseAt(session, databaseId);
  const url = await shownUrl(session, database);
  session.terminal.print({ database, operation, url }, url === null ? [] : [url]);
};
