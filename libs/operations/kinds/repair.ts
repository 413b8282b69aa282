import { decideRepair, type RepairAction, type RepairSituation } from '#domain/drift/decide-repair.js';
import { labels } from '#domain/server/names.js';
import { findOperation } from '#persistence/operations/read.js';
import { remedies } from '../drift/remedies.js';
import { repairView } from '../drift/repair-view.js';
import { noteFound, report } from '../drift/report.js';
import { writeRecordedRole } from '../replication/role-file.js';
import type { AttemptContext } from '../run/context.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';
import { create, prepare, serverIn, start } from './server-actions.js';

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<RepairSituation> => {
  const { findings } = await repairView(context);
  const { name, owner } = serverIn(context);
  const container = await context.engines.containers.inspectContainer(name, owner, context.signal);
  return { findings, madeByThis: container?.labels[labels.operation] === context.operation.id, done };
};

/** Makes a server what is recorded of it again, as far as that is safe. */
export const repair: KindHandler<RepairSituation, RepairAction> = {
  observe,
  decide: decideRepair,
  actions: {
    ...remedies,
    look: noteFound,
    prepare,
    create,
    start,
    'open-doors': openDoors,
    persist: (context) => writeRecordedRole(context),
    report,
  },
  receipt: async ({ control, operation }) => (await findOperation(control.db, operation.id))?.receipt ?? {},
};
