import { answer } from '../api/client.js';
import type { Backup, Operation, Version } from '../api/documents.js';
import type { Session } from '../session.js';

/** What somebody should know who relies on what comes out of a restore. It stops nobody: they may have nothing better. */
export const warningsOf = async (
  { api }: Session,
  backup: Pick<Backup, 'version' | 'verification'>,
  wanted: string = backup.version,
): Promise<string[]> => {
  const { items } = await answer(api.GET('/v1/versions'));
  const entry = items.find(({ version }) => version === wanted);
  return [...deprecation(wanted, entry), ...proof(backup)];
};

/** Settings of the backup that the new database cannot have. */
export const leftOut = ({ parameters }: Pick<Operation, 'parameters'>): string[] => {
  const names = parameters['settingsLeftOut'];
  if (!Array.isArray(names) || names.length === 0) return [];
  return [`Settings that the new database cannot have were left out: ${names.join(', ')}.`];
};

const deprecation = (version: string, entry: Version | undefined): string[] => {
  if (!entry) return [`Version ${version} is no longer in the catalogue; move to a newer one soon.`];
  if (entry.status !== 'deprecated') return [];
  const since = entry.deprecatedAt === null ? '' : ` since ${entry.deprecatedAt}`;
  return [`Version ${version} is deprecated${since}; move to a newer one soon, or restore into one with --version.`];
};

const proof = ({ verification }: Pick<Backup, 'verification'>): string[] =>
  verification === 'verified' ? [] : [`The backup is ${verification}: nobody has proved yet that it restores.`];
