import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Control } from '../control.js';

/**
 * A process seals under the newest key that it has read at its start. Sealing anew before it has read the newest one there is would change nothing, and
 * seem to be through. Errors: `master_key_not_loaded`, `configuration_invalid` when the file cannot be read.
 */
export const requireLoadedKeys = ({ secrets, keysOnFile }: Pick<Control, 'secrets' | 'keysOnFile'>): void => {
  const strange = keysOnFile().filter((key) => !secrets.holds(key));
  if (strange.length === 0) return;
  const versions = strange.map(({ version }) => version).join(', ');
  const detail = `The file of the master key has a key that was not there when Holdfast started (version ${versions}): restart first.`;
  throw new HoldfastError('master_key_not_loaded', detail);
};
