import { compareVersions, type Catalogue, type CatalogueEntry } from './version.js';

/** What became of a catalogue: versions, and of each changed one the fields that are other ones now. */
export interface CatalogueChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly {
    readonly version: string;
    readonly fields: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>;
  }[];
}

/** Null when nothing changed; the order of the file says nothing. */
export const compareCatalogues = (before: Catalogue, after: Catalogue): CatalogueChange | null => {
  const added = versionsOf(after).filter((version) => !entryOf(before, version));
  const removed = versionsOf(before).filter((version) => !entryOf(after, version));
  const changed = versionsOf(after).flatMap((version) => {
    const [old, now] = [entryOf(before, version), entryOf(after, version)];
    const fields = old && now ? differences(old, now) : {};
    return Object.keys(fields).length > 0 ? [{ version, fields }] : [];
  });
  return added.length + removed.length + changed.length > 0 ? { added, removed, changed } : null;
};

const versionsOf = (catalogue: Catalogue): string[] => catalogue.map(({ version }) => version).sort(compareVersions);

const entryOf = (catalogue: Catalogue, version: string): CatalogueEntry | undefined =>
  catalogue.find((entry) => entry.version === version);

const differences = (old: CatalogueEntry, now: CatalogueEntry): CatalogueChange['changed'][number]['fields'] =>
  Object.fromEntries(
    (Object.keys(now) as (keyof CatalogueEntry)[])
      .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
      .map((field) => [field, { before: old[field] ?? null, after: now[field] }]),
  );
