import { counted } from '#domain/text/counted.js';
import type { Backup } from '../api/documents.js';
import { kindText, verificationText } from '../backups/backup-text.js';
import { backupAt } from '../backups/request.js';
import { backupOperand } from '../options.js';
import { renderBytes } from '../text/bytes.js';
import { columns, fields } from '../text/columns.js';
import { renderDuration } from '../text/duration.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'Show a backup: what it holds, where it lies, and whether it is proved that it restores',
  operands: [backupOperand()],
  examples: [
    'holdfast backup:show 0199d3a0-0000-7000-8000-000000000000',
    'holdfast backup:show 0199d3a0-0000-7000-8000-000000000000 -o json',
  ],
  async run(session, _options, id) {
    const backup = await backupAt(session, id);
    session.terminal.print(backup, [...fields(describe(backup)), ...contents(backup)]);
  },
});

const size = (bytes: number | null): string | null => (bytes === null ? null : renderBytes(bytes));

const describe = (backup: Backup) => ({
  id: backup.id,
  database: `${backup.environment}/${backup.handle}${backup.orphaned ? ' (deprovisioned)' : ''}`,
  kind: kindText(backup),
  status: backup.status,
  error: backup.error,
  'data of': backup.snapshotAt,
  verification: verificationText(backup),
  'verification says': backup.verificationDetail,
  verified: backup.verifiedAt,
  'last checked': backup.checkedAt,
  'restored in': backup.restoreMs === null ? null : renderDuration(backup.restoreMs),
  version: backup.version,
  persistence: backup.persistence,
  memory: `${backup.memoryMb} MB`,
  settings: chosen(backup),
  keys: backup.keys,
  size: size(backup.storedBytes),
  'RDB size': size(backup.clearBytes),
  'taken from': backup.takenFrom === null ? null : source(backup),
  store: backup.store,
  'copy of': backup.copyOf,
  copies: backup.copies.join(', '),
  hold: backup.hold && `${backup.hold.reason} (${backup.hold.by}, ${backup.hold.at})`,
  'master key': backup.masterKeyVersion === null ? null : `version ${backup.masterKeyVersion}`,
  'requested by': backup.requestedBy,
  operation: backup.operation,
  requested: backup.createdAt,
  completed: backup.completedAt,
  purged: backup.purgedAt,
});

const chosen = ({ settings }: Backup): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${/[\s"]|^$/.test(value) ? JSON.stringify(value) : value}`)
    .join(' ');

const source = ({ takenFrom, database }: Backup): string =>
  takenFrom === database ? 'its own server' : `the replica ${takenFrom ?? ''}`;

/** One line for each logical database. */
const contents = ({ keysByDatabase }: Backup): string[] =>
  columns(
    (keysByDatabase ?? []).map(({ index, keys, expiring }) => [
      `  db${index}`,
      counted(keys, 'key'),
      counted(expiring, 'expires', 'expire'),
    ]),
  );
