import type { Db, Tx } from './connection.js';

export const keepOperationSecret = async (tx: Tx, operationId: string, sealed: string): Promise<void> => {
  await tx.insertInto('operation_secrets').values({ operation_id: operationId, sealed }).execute();
};

export const findOperationSecret = async (db: Db | Tx, operationId: string): Promise<string | undefined> =>
  (await db.selectFrom('operation_secrets').select('sealed').where('operation_id', '=', operationId).executeTakeFirst())
    ?.sealed;

/** None is no error. */
export const forgetOperationSecret = async (tx: Tx, operationId: string): Promise<void> => {
  await tx.deleteFrom('operation_secrets').where('operation_id', '=', operationId).execute();
};
