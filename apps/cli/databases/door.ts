import type { CredentialType, DoorFollows } from '#domain/database/status.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer } from '../api/client.js';
import type { Credential, Database } from '../api/documents.js';
import { isRefusal } from '../failure/refusal.js';
import type { Session } from '../session.js';

export interface DoorChoice {
  readonly type: CredentialType;
  readonly follows: DoorFollows;
}

/** The primary is reached through the door that stays with it, any other database through its own. */
export const doorOf = ({ role }: Pick<Database, 'role'>, given: Partial<DoorChoice> = {}): DoorChoice => ({
  type: given.type ?? 'redis+ssl',
  follows: given.follows ?? (role === 'primary' ? 'primary' : 'database'),
});

/** The URL of the door that a new database is reached by. Null, with a note, for a token that may not see passwords: the database is there all the same. */
export const shownUrl = async (session: Session, database: Database): Promise<string | null> => {
  try {
    return (await openDoor(session, database, doorOf(database))).url;
  } catch (error) {
    if (!isRefusal(error, 'permission_denied')) throw error;
    session.terminal.note('The URL is not shown: the token lacks the permission "sensitive".');
    return null;
  }
};

/** The way through a door, with its secret; the API records each look. Errors: `wrong_usage` when there is no such door. */
export const openDoor = async (
  session: Session,
  { id, handle }: Pick<Database, 'id' | 'handle'>,
  choice: DoorChoice,
): Promise<Credential> => {
  const { items } = await answer(session.api.GET('/v1/databases/{id}/credentials', { params: { path: { id } } }));
  const door = items.find(({ type, follows }) => type === choice.type && follows === choice.follows);
  if (door) return door;
  const doors = items.map(({ type, follows }) => `--type ${type} --follows ${follows}`).join('; ');
  throw new HoldfastError('wrong_usage', `"${handle}" has no such door. It has: ${doors || 'none'}.`);
};
