import type { Operation } from '../api/documents.js';
import { fields } from '../text/columns.js';
import { renderDuration } from '../text/duration.js';

type Receipt = NonNullable<Operation['receipt']>;

/** What an upgrade did and what it cost, and which way back loses what, for people. */
export const upgradeReceipt = ({ receipt, databases }: Operation): string[] => {
  if (!receipt) return [];
  const { method, fromVersion, version, writePauseMs, lostBytes, backupId } = receipt;
  const replicas = (receipt.replicas ?? []).map((id) => databases.find((one) => one.id === id)?.handle ?? id);
  return [
    ...fields({
      from: fromVersion ?? null,
      to: version ?? null,
      method: method ?? null,
      'replicas first': replicas.length > 0 ? replicas.join(', ') : null,
      [method === 'in-place' ? 'nobody answered' : 'write pause']:
        typeof writePauseMs === 'number' ? renderDuration(writePauseMs) : 'not known',
      'lost bytes': lostBytes ?? null,
      'safety backup': backupId ?? null,
    }),
    ...settingsLeftOut(receipt),
    ...waysBack(receipt),
  ];
};

/** They are in the history of its settings. */
export const settingsLeftOut = ({ version, ...receipt }: Receipt): string[] => {
  const names = receipt['settingsLeftOut'];
  if (!Array.isArray(names) || names.length === 0) return [];
  return [`settings that ${version ?? 'the version'} lacks were left out: ${names.join(', ')}`];
};

/** Each with data of a moment of its own. */
const waysBack = ({ backupDataAt, wayBackUntil, recordedAt }: Receipt): string[] => [
  ...(wayBackUntil && recordedAt
    ? [`back by the old server until ${wayBackUntil}: loses writes since ${recordedAt}`]
    : []),
  ...(backupDataAt ? [`back by the safety backup: loses writes since ${backupDataAt}`] : []),
];
