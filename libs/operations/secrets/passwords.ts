import type { CredentialRow } from '#persistence/tables.js';
import { credentialContext, type SecretBox } from './secret-box.js';

/** All passwords of a user that servers take, in clear: the one that is shown first. */
export const openedPasswords = (
  secrets: SecretBox,
  rows: readonly CredentialRow[],
  databaseId: string,
  username: string,
): string[] => {
  const own = rows.filter((row) => row.username === username);
  return [...own.filter(isCurrent), ...own.filter((row) => !isCurrent(row))].map((row) =>
    secrets.open(row.password_sealed, credentialContext(databaseId, username)),
  );
};

const isCurrent = ({ state }: CredentialRow): boolean => state === 'current';
