import type { Insertable, Selectable } from 'kysely';
import type { PersistenceMode } from '#domain/database/persistence.js';

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
  /** Of one that is kept: its last moment, and the mode that it had. */
  kept_at: Date | null;
  persistence: PersistenceMode | null;
}

export type IncarnationRow = Selectable<IncarnationTable>;
export type NewIncarnationRow = Insertable<IncarnationTable>;
