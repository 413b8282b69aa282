import type { Insertable, Selectable } from 'kysely';

/** A server of a database besides the one that serves it. */
export interface IncarnationTable {
  database_id: string;
  incarnation: number;
  state: 'successor' | 'kept';
  operation_id: string;
  version: string;
  image: string;
  tls_protocols: string[];
  address_index: number;
  certificate_not_after: Date | null;
  keep_until: Date | null;
}

export type IncarnationRow = Selectable<IncarnationTable>;
export type NewIncarnationRow = Insertable<IncarnationTable>;
