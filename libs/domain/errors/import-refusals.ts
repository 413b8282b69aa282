import { entry, type ErrorEntry } from './entry.js';

/** What an import is told that cannot be carried out. */
export const importRefusals = {
  import_invalid: entry(
    422,
    'fail',
    'The data are no whole RDB file',
    'Send a file that Redis has written (SAVE, BGSAVE, redis-cli --rdb, backup:export), uncompressed and to its last byte.',
  ),
  import_too_new: entry(
    422,
    'fail',
    'The data are of a newer Redis than the wanted version',
    'Import into a newer version; `holdfast db:versions` lists them.',
  ),
  import_unreadable: entry(
    422,
    'fail',
    'The data hold what Holdfast cannot read',
    'Remove the keys of modules and the like at the source, then import again.',
  ),
  import_source_refused: entry(
    422,
    'fail',
    'The source of the import refuses, or is not what was said',
    'Correct the URL, the password, the certificate authority or the rights of its user, then ask for a new import.',
  ),
  import_not_retryable: entry(
    409,
    'fail',
    'An import from a URL cannot be retried',
    'Ask for a new import, under the same handle if you like: the URL, which holds a password, is forgotten when the operation ends.',
  ),
} as const satisfies Record<string, ErrorEntry>;
