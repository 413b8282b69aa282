import { sql } from 'kysely';
import type { Db } from './connection.js';
import { stillHonoured } from './idempotency.js';

export interface SealedUnder {
  readonly version: number;
  /** Whether more than backups is sealed under it: what Holdfast itself cannot do without. */
  readonly by_control: boolean;
  readonly backups: number;
}

/** The versions of the master key that the rows need. */
export const sealedVersions = async (db: Db): Promise<readonly SealedUnder[]> => {
  const { rows } = await sql<SealedUnder>`
    select split_part(sealed, ':', 1)::integer as version,
      bool_or(by_control) as by_control,
      (count(*) filter (where not by_control))::integer as backups
    from (
      select ca_private_key_sealed as sealed, true as by_control from installation
      union all select password_sealed, true from credentials
      union all select private_key_sealed, true from own_certificates
      union all select sealed, true from operation_secrets
      union all select body #>> '{}', true from idempotency_keys where body is not null and ${stillHonoured}
      union all select envelope, false from backups where status = 'complete' and envelope is not null
    ) as all_sealed
    group by 1 order by 1`.execute(db);
  return rows;
};
