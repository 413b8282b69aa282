import { HoldfastError } from '../errors/holdfast-error.js';

/** For what lies in a store that the file no longer names: naming another one would not help. */
export const storeGone = (name: string): HoldfastError =>
  new HoldfastError('backup_store_unknown', `The file of the stores no longer names ${JSON.stringify(name)}.`, {
    remedy: `Put the store back into HOLDFAST_BACKUP_STORES_FILE under that name, and start Holdfast again (\`default\` without a file is the directory $HOLDFAST_HOME/backups). If only new backups should go elsewhere: \`holdfast backup-policy:set ENVIRONMENT --store NAME\`.`,
  });
