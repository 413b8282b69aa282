import { entry, type ErrorEntry } from './entry.js';

/** What a request for a change of a database that runs is told. */
export const changeRefusals = {
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
