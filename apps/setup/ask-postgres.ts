import { connect, type Db } from '#persistence/connection.js';

/** Puts one question to a Postgres that may be of an older Holdfast: nothing is migrated. */
export const askPostgres = async <Answer>(url: string, question: (db: Db) => Promise<Answer>): Promise<Answer> => {
  const db = connect({ url, max: 1, role: 'owner', onIdleError: () => undefined });
  try {
    return await question(db);
  } finally {
    await db.destroy();
  }
};
