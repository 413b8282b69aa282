import { findDatabase } from '#persistence/databases.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import type { IncarnationRow } from '#persistence/incarnation-table.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';

/** What an upgrade makes of its databases; requestUpgrade has written it down. */
export interface Wanted {
  readonly version: string;
  readonly image: string;
  readonly tls_protocols: string[];
  readonly method: 'swap' | 'in-place';
  readonly fromVersion: string;
  /** What the subject was when it was asked for; an operation of a former Holdfast does not say. */
  readonly role: DatabaseRow['role'] | undefined;
  /** Those furthest from the subject first. */
  readonly replicas: readonly string[];
}

export const wantedIn = ({ operation: { parameters } }: AttemptContext): Wanted => ({
  version: String(parameters['version']),
  image: String(parameters['image']),
  tls_protocols: parameters['tlsProtocols'] as string[],
  method: parameters['method'] as Wanted['method'],
  fromVersion: String(parameters['fromVersion']),
  role: parameters['role'] as Wanted['role'],
  replicas: parameters['replicas'] as string[],
});

/**
 * The two servers of a swap, each as a row of its own: all that is done to a server by its database's row is done to either of them. Of one
 * that is not the recorded one the row exists here only.
 */
export interface Parties {
  /** As Postgres has it now. */
  readonly row: DatabaseRow;
  readonly recorded: boolean;
  readonly former: DatabaseRow;
  readonly successor: DatabaseRow | null;
}

export const asRow = (row: DatabaseRow, other: IncarnationRow): DatabaseRow => {
  const { incarnation, version, image, tls_protocols, address_index, certificate_not_after } = other;
  return { ...row, incarnation, version, image, tls_protocols, address_index, certificate_not_after };
};

export const partiesOf = async (context: AttemptContext): Promise<Parties> => {
  const { control } = context;
  const wanted = wantedIn(context);
  const row = await freshRow(context);
  const others = await incarnationsOf(control.db, row.id);
  if (row.version === wanted.version) {
    const kept = others.filter(({ state }) => state === 'kept').at(-1);
    return { row, recorded: true, former: kept ? asRow(row, kept) : row, successor: row };
  }
  // Of an earlier operation too: it may have come so far that the successor takes writes.
  const successor = others.find(({ state, version }) => state === 'successor' && version === wanted.version);
  return { row, recorded: false, former: row, successor: successor ? asRow(row, successor) : null };
};

export const freshRow = async ({ control, database }: AttemptContext): Promise<DatabaseRow> =>
  (await findDatabase(control.db, database.id)) ?? database;

/** The context of the two. Errors: a defect when there is no successor. */
export const bothOf = async (
  context: AttemptContext,
): Promise<{ readonly former: AttemptContext; readonly successor: AttemptContext }> => {
  const { former, successor } = await partiesOf(context);
  if (!successor) throw new Error(`Operation ${context.operation.id} has no successor`);
  return { former: on(context, former), successor: on(context, successor) };
};
