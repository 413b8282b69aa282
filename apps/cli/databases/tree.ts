import { answer } from '../api/client.js';
import type { Database, DatabaseStatus } from '../api/documents.js';
import type { Session } from '../session.js';
import { databaseAt } from './reference.js';

/** A database in its replication tree. */
export interface TreeMember {
  readonly database: Database;
  /** How many links lie between it and the primary. */
  readonly depth: number;
  /** Null when it was never looked at. */
  readonly live: DatabaseStatus['live'];
}

/** The primary, then whoever follows it, each before its own followers. */
export const treeOf = async (session: Session, database: Database): Promise<TreeMember[]> => {
  let primary = database;
  while (primary.source !== null) primary = await databaseAt(session, primary.source);
  return branch(session, primary, 0);
};

const branch = async (session: Session, database: Database, depth: number): Promise<TreeMember[]> => {
  const path = { id: database.id };
  const [{ live }, ...branches] = await Promise.all([
    answer(session.api.GET('/v1/databases/{id}/status', { params: { path } })),
    ...database.replicas.map(async (id) => branch(session, await databaseAt(session, id), depth + 1)),
  ]);
  return [{ database, depth, live }, ...branches.flat()];
};
