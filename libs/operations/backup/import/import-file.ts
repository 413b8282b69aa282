import type { Tx } from '#persistence/connection.js';
import type { Control } from '../../control.js';
import { recordFileImport, type ImportPlan, type RequestedImport } from '../../requests/request-import.js';
import type { BackupEngines } from '../export.js';
import { removeBelow } from '../stored.js';
import { sealImport, type SealedImport } from './seal-import.js';

/** How long what came to nothing may take to be removed from the store; a sweep removes what is left. */
const tidyMs = 30_000;

/**
 * Takes a file into the store, and hands out how to write it down; whatever goes wrong, nothing of it stays. `record` is given what
 * `write` needs, and says whether it has used it. Errors: those of sealImport, and of `record`.
 */
export const importFile = async <Result>(
  control: Control,
  engines: BackupEngines,
  plan: ImportPlan,
  body: AsyncIterable<Buffer>,
  record: (sealed: SealedImport, write: WriteImport) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> => {
  let written = false;
  try {
    const sealed = await sealImport(control, engines, plan, { body, usedMemoryBytes: null }, signal);
    const result = await record(sealed, async (tx, actor) => {
      const requested = await recordFileImport(control, tx, actor, plan, sealed);
      written = true;
      return requested;
    });
    if (!written) await tidy(engines, plan);
    return result;
  } catch (error) {
    await tidy(engines, plan);
    throw error;
  }
};

export type WriteImport = (tx: Tx, actor: string) => Promise<RequestedImport>;

const tidy = async ({ stores }: BackupEngines, { backup }: ImportPlan): Promise<void> => {
  // A store that is away keeps objects that no row names: the sweep `retention` removes them.
  await removeBelow(stores.open(backup.store), backup.prefix, AbortSignal.timeout(tidyMs)).catch(() => undefined);
};
