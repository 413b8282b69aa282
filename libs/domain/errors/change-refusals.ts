import { entry, type ErrorEntry } from './entry.js';

/** What a request for a change of a database that runs is told. */
export const changeRefusals = {
  setting_forbidden: entry(
    422,
    'fail',
    'The setting is not for tenants to choose',
    'Leave it out; `holdfast db:settings HANDLE` lists what can be chosen.',
  ),
  setting_unknown: entry(
    422,
    'fail',
    'There is no such setting in this version',
    'Choose one of those that `holdfast db:settings HANDLE` lists.',
  ),
  setting_invalid: entry(
    422,
    'fail',
    'The value is not one that the setting takes',
    'Give a value of the type and within the bounds that the detail names.',
  ),
  setting_conflict: entry(
    422,
    'fail',
    'Settings do not go together',
    'Change them together so that they fit each other, the mode and the replication tree.',
  ),
  setting_refused: entry(
    422,
    'fail',
    'Redis does not take the settings',
    "Look at what Redis said in the operation's log; nothing was changed.",
  ),
  settings_entry_not_found: entry(
    404,
    'fail',
    'The history of settings has no such entry',
    'List the entries with `holdfast db:settings HANDLE --history`.',
  ),
  nothing_to_change: entry(
    409,
    'fail',
    'The database is so already',
    'Nothing is to be done; `holdfast db:repair HANDLE` puts right what its server differs in.',
  ),
  memory_in_use: entry(
    409,
    'fail',
    'The data do not fit the memory that was asked for',
    'Delete data or ask for more memory; the detail has the figures.',
  ),
  grace_time_running: entry(
    409,
    'fail',
    'The password before this one still works',
    'Wait until the time in the detail, end it now with `holdfast db:retire-credentials`, or rotate with --now, which ends it as well.',
  ),
  no_grace_time: entry(
    409,
    'fail',
    'Only one password works',
    'Nothing is to be done: the password that is shown is the only one.',
  ),
} as const satisfies Record<string, ErrorEntry>;
