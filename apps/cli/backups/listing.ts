import { Option } from 'commander';
import { backupKinds, verifications } from '#domain/backup/backup.js';
import { answer } from '../api/client.js';
import type { Backup } from '../api/documents.js';
import { given } from '../api/given.js';
import { itemsOf, type Page } from '../api/pages.js';
import type { Session } from '../session.js';
import { parseAge } from '../text/age.js';

export interface BackupListOptions {
  /** Milliseconds. */
  readonly maxAge?: number;
  readonly kind?: Backup['kind'];
  readonly verification?: Backup['verification'];
}

export const backupListOptions = (): Option[] => [
  new Option('--max-age <age>', 'only those younger than this: 12h, 3d, 1w, 6mo, 1y').argParser(parseAge),
  new Option('--kind <kind>', 'only this kind').choices(backupKinds),
  new Option('--verification <state>', 'only those in this state').choices(verifications),
];

interface Subject {
  readonly database?: string;
  readonly environment?: string;
  readonly orphaned?: boolean;
}

/** Newest first. Nothing older than was asked for is fetched, but for the rest of a page. */
export const listBackups = async (
  { api }: Session,
  subject: Subject,
  { maxAge, kind, verification }: BackupListOptions,
): Promise<Backup[]> => {
  const filter = { ...subject, ...given({ kind, verification }) };
  const oldest = maxAge === undefined ? 0 : Date.now() - maxAge;
  return itemsOf(async (page) =>
    since(oldest, await answer(api.GET('/v1/backups', { params: { query: { ...page, ...filter } } }))),
  );
};

const since = (oldestMs: number, { items, nextCursor }: Page<Backup>): Page<Backup> => {
  const young = items.filter(({ createdAt }) => Date.parse(createdAt) >= oldestMs);
  return { items: young, nextCursor: young.length < items.length ? null : nextCursor };
};
