import { incarnationsOf } from '#persistence/incarnations.js';
import type { IncarnationRow } from '#persistence/incarnation-table.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';
import { asRow, freshRow } from './parties.js';

/** What a way back was asked for; requestGoBack has written it down. */
export interface WayBack {
  /** The server that was kept, and the one that serves when it is asked for. */
  readonly incarnation: number;
  readonly fromIncarnation: number;
  readonly version: string;
  readonly fromVersion: string;
  readonly lostSince: string;
  readonly skipSafetyBackup: boolean;
}

export const wayBackIn = ({ operation: { parameters } }: AttemptContext): WayBack => parameters as unknown as WayBack;

/** The two servers, each as a row of its own (parties.ts). */
export interface BackParties {
  /** Postgres has the one that was kept as the one that serves. */
  readonly recorded: boolean;
  /** The row of the one that does not serve. */
  readonly other: IncarnationRow | null;
  readonly kept: DatabaseRow | null;
  readonly today: DatabaseRow | null;
}

export const backPartiesOf = async (context: AttemptContext): Promise<BackParties> => {
  const { incarnation, fromIncarnation } = wayBackIn(context);
  const row = await freshRow(context);
  const recorded = row.incarnation === incarnation;
  const wanted = recorded ? fromIncarnation : incarnation;
  const other =
    (await incarnationsOf(context.control.db, row.id)).find(
      (one) => one.state === 'kept' && one.incarnation === wanted,
    ) ?? null;
  const otherRow = other && asRow(row, other);
  if (recorded) return { recorded, other, kept: row, today: otherRow };
  return { recorded, other, kept: otherRow, today: row.incarnation === fromIncarnation ? row : null };
};

export interface Both {
  readonly other: IncarnationRow;
  readonly kept: AttemptContext;
  readonly today: AttemptContext;
}

/** The context of the two, before the record. Errors: a defect when one of them is not there. */
export const bothBefore = async (context: AttemptContext): Promise<Both> => {
  const { recorded, other, kept, today } = await backPartiesOf(context);
  if (recorded || !other || !kept || !today) throw new Error(`Operation ${context.operation.id} has lost its servers`);
  return { other, kept: on(context, kept), today: on(context, today) };
};
