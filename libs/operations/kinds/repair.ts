import { decideRepair, type RepairAction, type RepairSituation } from '#domain/drift/decide-repair.js';
import { labels } from '#domain/server/names.js';
import { findOperation } from '#persistence/operations/read.js';
import { startableMode } from '../configuration/file-mode.js';
import { keepData } from '../configuration/mode.js';
import { remedies } from '../drift/remedies.js';
import { figuresIn, repairView, type RepairView } from '../drift/repair-view.js';
import { noteFound, report } from '../drift/report.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { on, type AttemptContext } from '../run/context.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';
import { create, prepare, serverIn, start } from './server-actions.js';

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<RepairSituation> => {
  const view = await repairView(context);
  const { findings } = view;
  const { name, owner } = serverIn(context);
  const container = await context.engines.containers.inspectContainer(name, owner, context.signal);
  const madeByThis = container?.labels[labels.operation] === context.operation.id;
  return { findings, madeByThis, lacksAppendOnly: await lacksAppendOnly(context, view), done };
};

const lacksAppendOnly = async (context: AttemptContext, view: RepairView): Promise<boolean> => {
  const figures = figuresIn(view);
  if (!figures || context.database.persistence !== 'aof') return false;
  return figures.settings['appendonly'] !== 'yes' || (await startableMode(context)) !== 'aof';
};

/** The recorded role. The file promises no append-only file that may not be there. */
const persist = async (context: AttemptContext): Promise<void> =>
  writeRecordedRole(on(context, { ...context.database, persistence: await startableMode(context) }));

/** All that the server holds is in its append-only file, and then the file says so. */
const keep = async (context: AttemptContext): Promise<void> => {
  await keepData(context, 'aof');
  await writeRecordedRole(context);
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
    persist,
    keep,
    report,
  },
  receipt: async ({ control, operation }) => (await findOperation(control.db, operation.id))?.receipt ?? {},
};
