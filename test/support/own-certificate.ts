import type { Control } from '#operations/control.js';
import {
  checkUpload,
  requestHoldfastCertificate,
  requestOwnCertificate,
} from '#operations/requests/request-certificate.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Tx } from '#persistence/connection.js';
import type { OwnChain } from './own-chain.js';

interface Controlled {
  readonly control: Control;
}

/** As the API does it. Returns the operation's id. */
export const bringCertificate = async (
  { control }: Controlled,
  databaseId: string,
  chain: OwnChain,
): Promise<string> => {
  const { certificatePem, privateKeyPem } = chain;
  const checked = await checkUpload(control, { certificatePem, privateKeyPem });
  return control.db.transaction().execute(async (tx) => {
    const database = await find(tx, databaseId);
    return (await requestOwnCertificate(control, tx, 'test', database, checked, database.handle)).id;
  });
};

export const giveBackCertificate = ({ control }: Controlled, databaseId: string): Promise<string> =>
  control.db.transaction().execute(async (tx) => {
    const database = await find(tx, databaseId);
    return (await requestHoldfastCertificate(control, tx, 'test', database)).id;
  });

const find = async (tx: Tx, id: string): Promise<DatabaseRow> => {
  const database = await findDatabase(tx, id);
  if (!database) throw new Error(`There is no database ${id}`);
  return database;
};
