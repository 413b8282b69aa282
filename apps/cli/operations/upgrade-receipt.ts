import type { Operation } from '../api/documents.js';
import { fields } from '../text/columns.js';
import { renderDuration } from '../text/duration.js';

/** What an upgrade did and what it cost, and until when what loses what, for people. */
export const upgradeReceipt = ({ receipt, databases }: Operation): string[] => {
  if (!receipt) return [];
  const { method, fromVersion, version, writePauseMs, lostBytes, backupId, wayBackUntil, recordedAt } = receipt;
  const replicas = (receipt.replicas ?? []).map((id) => databases.find((one) => one.id === id)?.handle ?? id);
  return fields({
    from: fromVersion ?? null,
    to: version ?? null,
    method: method ?? null,
    'replicas first': replicas.length > 0 ? replicas.join(', ') : null,
    [method === 'in-place' ? 'nobody answered' : 'write pause']:
      typeof writePauseMs === 'number' ? renderDuration(writePauseMs) : 'not known',
    'lost bytes': lostBytes ?? null,
    'safety backup': backupId ?? null,
    'old server kept until': wayBackUntil ?? null,
    'going back loses writes since': recordedAt ?? null,
  });
};
