import { compareCatalogues } from '#domain/catalogue/compare.js';
import type { Catalogue } from '#domain/catalogue/version.js';
import { appendAudit } from '#persistence/audit/append.js';
import { exchangeCatalogue } from '#persistence/catalogue-record.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';

/** What this process has put on record last: only its own change makes it look again, so that two with different files do not argue for ever. */
const recorded = new WeakMap<Control['db'], Catalogue>();

/**
 * Writes a change of the version catalogue into the history, once for the whole installation: the catalogue that was seen before lies in
 * Postgres. The first one is no change.
 */
export const recordCatalogue = async (control: Control): Promise<void> => {
  const { db, catalogue } = control;
  if (recorded.get(db) === catalogue) return;
  await db.transaction().execute(async (tx) => {
    const before = await exchangeCatalogue(tx, catalogue);
    const change = before && compareCatalogues(before, catalogue);
    if (change)
      await appendAudit(tx, auditEvent(control.now(), 'configuration', 'catalogue.changed', {}, { ...change }));
  });
  recorded.set(db, catalogue);
};
