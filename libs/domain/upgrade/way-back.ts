import type { PersistenceMode } from '../database/persistence.js';
import { HoldfastError } from '../errors/holdfast-error.js';
import { findSetting, type Settings } from '../settings/settings.js';

/** A server that was replaced and is kept, as far as a way back asks. */
export interface KeptServer {
  readonly version: string;
  /** Null of one from before this was written down. */
  readonly kept_at: Date | null;
  readonly keep_until: Date | null;
  readonly persistence: PersistenceMode | null;
}

interface Today {
  readonly handle: string;
  readonly role: 'primary' | 'replica' | 'fenced';
  readonly persistence: PersistenceMode;
}

const missing = (detail: string): HoldfastError => new HoldfastError('way_back_missing', detail);

/** Its last moment, when it is one that can be taken back. Errors: `way_back_missing`, `way_back_blocked`. */
export const requireWayBack = (database: Today, kept: KeptServer | undefined, now: Date): Date => {
  if (!kept) throw missing(`No upgrade of "${database.handle}" by swap has left a server, or it was removed.`);
  const { version, kept_at: keptAt, keep_until: until } = kept;
  if (kept.persistence === 'none') {
    throw missing(`The server of version ${version} kept its data in memory only, so it has nothing left.`);
  }
  if (until !== null && until <= now) {
    throw missing(`The server of version ${version} was kept until ${until.toISOString()}.`);
  }
  if (!keptAt || !kept.persistence) {
    throw missing(`Nobody wrote down when the server of version ${version} was kept, and with which files.`);
  }
  requireFitting(database, kept);
  return keptAt;
};

/** Whether the database is today what its files are made for. Errors: `way_back_blocked`. */
export const requireFitting = (
  { handle, role, persistence }: Today,
  kept: Pick<KeptServer, 'version' | 'persistence'>,
): void => {
  if (role !== 'primary') {
    throw new HoldfastError('way_back_blocked', `"${handle}" is ${role === 'fenced' ? 'fenced' : 'a replica'} today.`);
  }
  if (persistence !== kept.persistence) {
    throw new HoldfastError(
      'way_back_blocked',
      `"${handle}" keeps its data in mode ${persistence} today, and the files of the server of version ${kept.version} are of mode ${kept.persistence}.`,
      {
        remedy: `Change it with \`holdfast db:configure ${handle} --persistence ${kept.persistence}\`, then ask again.`,
      },
    );
  }
};

/**
 * Whether the old server has a logical database for all that its files tell of. A Redis carries out on another one what its append-only file did to
 * one that it does not have, deletions as well. Errors: `way_back_blocked`.
 */
export const requireDatabasesOf = (
  kept: { readonly version: string; readonly settings: Settings },
  today: { readonly handle: string; readonly settings: Settings },
): void => {
  const [before, now] = [databasesIn(kept.settings), databasesIn(today.settings)];
  if (now >= before) return;
  throw new HoldfastError(
    'way_back_blocked',
    `"${today.handle}" has ${now} logical databases today, and the files of the server of version ${kept.version} are of ${before}.`,
    {
      remedy: `Change it with \`holdfast db:configure ${today.handle} databases=${before}\`, then ask again; afterwards there may be fewer.`,
    },
  );
};

const databasesIn = (settings: Settings): number => Number(settings['databases'] ?? findSetting('databases')?.default);
