import { counted } from '#domain/text/counted.js';
import type { Operation } from '../api/documents.js';
import { fields } from '../text/columns.js';
import { renderDuration } from '../text/duration.js';

type Receipt = NonNullable<Operation['receipt']>;

/** Of a primary that did not answer only what it had when it was last looked at can be told. */
const notKnown = ({ lostBytesAtLeast, lastSeenSourceAt }: Receipt): string =>
  typeof lostBytesAtLeast === 'number'
    ? `not known; at least ${lostBytesAtLeast} of what there was at ${lastSeenSourceAt ?? 'the last look'}`
    : 'not known';

/** What a promotion did and what it cost, for people. */
export const promotionReceipt = ({ receipt, databases }: Operation): string[] => {
  if (!receipt) return [];
  const {
    method,
    formerRole = method === 'failover' ? 'fenced' : 'replica',
    mode,
    writePauseMs,
    lostBytes,
    sourceOffset,
    replicaOffset,
    replicasAhead = [],
  } = receipt;
  const former = databases.find(({ id }) => id === receipt.formerPrimaryId)?.handle;
  return [
    ...fields({
      primary: databases[0]?.handle ?? null,
      'former primary': former ? `${former}, ${formerRole === 'fenced' ? 'fenced' : 'a replica now'}` : null,
      method: method ?? null,
      mode: mode ?? null,
      'write pause': typeof writePauseMs === 'number' ? renderDuration(writePauseMs) : null,
      'lost bytes': lostBytes ?? notKnown(receipt),
      'source offset': sourceOffset ?? null,
      'replica offset': replicaOffset ?? null,
      'requested by': receipt.requestedBy ?? null,
    }),
    ...replicasAhead.map(({ handle, bytes }) => `${handle} held ${counted(bytes, 'byte')} more; all that is gone.`),
  ];
};
