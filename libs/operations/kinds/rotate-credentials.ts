import { decideRotate, type RotateAction, type RotateSituation } from '#domain/credentials/decide-rotate.js';
import { forgetComing, lockTree } from '#persistence/credentials.js';
import { findOperation } from '#persistence/operations/read.js';
import { checkLogins } from '../credentials/check-logins.js';
import { forget, handOver, takeBack, withdraw } from '../credentials/retire.js';
import { admitComing, publish, recordComing } from '../credentials/rotate.js';
import type { AttemptContext } from '../run/context.js';
import type { KindHandler } from './kind.js';

const receiptOf = async ({ control, operation }: AttemptContext) =>
  (await findOperation(control.db, operation.id))?.receipt ?? {};

const isPublished = async (context: AttemptContext): Promise<boolean> =>
  (await receiptOf(context))['rotatedAt'] !== undefined;

/** New passwords for a database and all that hang together with it, with no client noticing. */
export const rotateCredentials: KindHandler<RotateSituation, RotateAction> = {
  observe: async (context, done) => ({ published: await isPublished(context), done }),
  decide: decideRotate,
  actions: {
    record: recordComing,
    admit: admitComing,
    check: checkLogins,
    publish,
    'hand-over': handOver,
    forget,
    withdraw,
  },
  compensate: async (context) => ((await isPublished(context)) ? [] : takeBack(context)),
  // What is shown has to be the only thing that works when its time has come.
  perseveres: isPublished,
  ended: async (tx, { database }, { event }) => {
    if (event === 'succeed') return;
    await forgetComing(
      tx,
      (await lockTree(tx, database.id)).map(({ id }) => id),
    );
  },
  receipt: receiptOf,
};
