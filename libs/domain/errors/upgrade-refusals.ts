import { entry, type ErrorEntry } from './entry.js';

/** What an upgrade is told that cannot be carried out. */
export const upgradeRefusals = {
  version_current: entry(
    409,
    'fail',
    'The database runs this version already',
    'Nothing is to be done; `holdfast db:reload` makes its container anew.',
  ),
  upgrade_method_refused: entry(
    422,
    'fail',
    'The database cannot be upgraded in this way',
    'Leave the method out; Holdfast chooses the one that fits.',
  ),
  upgrade_incompatible: entry(
    409,
    'fail',
    'The new version does not take what the database has',
    'Mend what the detail and the log name, then ask again; nothing has been changed.',
  ),
  way_back_missing: entry(
    409,
    'fail',
    'There is no server to go back to',
    'Restore the safety backup of the upgrade, with `holdfast backup:restore`, into a new database.',
  ),
  way_back_blocked: entry(
    409,
    'fail',
    'The server that was kept does not fit what the database is today',
    'Mend what the detail names, then ask again; nothing has been changed.',
  ),
  replica_newer: entry(
    409,
    'fail',
    'The replica runs a newer version than its primary',
    'Upgrade the primary first; mode force promotes the replica and fences the primary.',
  ),
} as const satisfies Record<string, ErrorEntry>;
