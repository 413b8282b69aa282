import { z } from 'zod';
import { importFileQuerySchema, importFromUrlSchema } from '../import-requests.js';
import { databaseSchema } from './databases.js';
import { environmentParams } from './environments.js';
import { operationSchema } from './operations.js';
import { defineRoute } from './route.js';
import { id } from './values.js';

const importSchema = z.strictObject({
  database: databaseSchema,
  operation: operationSchema,
  backupId: id.describe('The imported data, sealed: a backup like any other.'),
});
export type Import = z.output<typeof importSchema>;

export const importRoutes = {
  importData: defineRoute({
    id: 'importData',
    method: 'post',
    path: '/v1/environments/{env}/imports',
    tag: 'backups',
    summary: 'Make a new database of an RDB file, or of what another Redis server holds',
    access: 'deploy',
    params: environmentParams,
    query: importFileQuerySchema,
    body: importFromUrlSchema,
    takesBytes: true,
    answer: {
      status: 202,
      description:
        'The database is recorded. A file is in the store by now, and the operation, a `restore`, loads it; the operation `import` fetches the data from the URL first.',
      schema: importSchema,
      headers: { Location: 'The operation.' },
    },
    errors: [
      'environment_not_found',
      'handle_taken',
      'handle_still_answers',
      'version_unknown',
      'version_deprecated',
      'persistence_conflict',
      'environment_full',
      'ports_exhausted',
      'import_invalid',
      'import_too_new',
      'import_unreadable',
      'restore_too_small',
      'backup_store_unknown',
      'backup_store_unreachable',
      'backup_store_refused',
      'backup_store_full',
    ],
  }),
};
