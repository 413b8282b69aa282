import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { descendantsOf } from '#persistence/replication.js';
import type { AttemptContext } from '../run/context.js';
import { freshRow, wantedIn } from './parties.js';

/**
 * Whether the database is still what it was when the upgrade was asked for, and the same databases follow it: a promotion, an unlink or a way
 * back may have stood in line before it. From the claim on all of them are held, so one look in each attempt is enough. Errors: `database_not_ready`.
 */
export const requireSameTree = async (context: AttemptContext): Promise<void> => {
  const { control, others } = context;
  const { role, fromVersion } = wantedIn(context);
  const row = await freshRow(context);
  const below = await descendantsOf(control.db, row.id);
  const [held, today] = [others, below].map((rows) => new Set(rows.map(({ id }) => id)));
  const changes = [
    ...(role === undefined || role === row.role ? [] : [`it was a ${role} database and is a ${row.role} one`]),
    ...(row.version === fromVersion ? [] : [`it ran version ${fromVersion} and runs ${row.version}`]),
    ...below.filter(({ id }) => !held?.has(id)).map(({ handle }) => `"${handle}" follows it by now`),
    // One that was deprovisioned meanwhile changes nothing for the others.
    ...others
      .filter(({ id, status }) => status !== 'deprovisioned' && !today?.has(id))
      .map(({ handle }) => `"${handle}" does not follow it any more`),
  ];
  if (changes.length === 0) return;
  throw new HoldfastError(
    'database_not_ready',
    `"${row.handle}" is not what it was when this upgrade was asked for: ${changes.join('; ')}. Nothing was touched.`,
    { remedy: 'Look at it with `holdfast db:show`, then ask for the upgrade anew.' },
  );
};
