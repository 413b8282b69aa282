import { decideConfigure, type ConfigureAction, type ConfigureSituation } from '#domain/operation/decide-configure.js';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { differences } from '#domain/settings/change.js';
import { dryStart } from '../configuration/dry-start.js';
import { recordConfiguration } from '../configuration/record.js';
import { forgetDatabases } from '../configuration/fewer-databases.js';
import { differing, setAll } from '../configuration/in-force.js';
import { look } from '../configuration/look.js';
import { keepData, letGo } from '../configuration/mode.js';
import { closePlainDoors, giveBackPlainDoors, takePlainDoors } from '../configuration/plain-doors.js';
import { persistConfiguration } from '../configuration/persist.js';
import { revive } from '../configuration/revive.js';
import { targetOf, type Target } from '../configuration/target.js';
import { removeThrowAway, throwAwayExists } from '../configuration/throw-away.js';
import { wantedValues } from '../configuration/values.js';
import { awaitAnswer, awaitReady } from '../server/readiness.js';
import { ServerEnded } from '../server/server-ended.js';
import { on, type AttemptContext } from '../run/context.js';
import { undoBy } from '../run/undo.js';
import { faultPoints } from '#observability/fault-points.js';
import { stepsOf } from '#persistence/operations/read.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';
import { observeServer, serverIn, start, stop } from './server-actions.js';

type Handler = Pick<KindHandler<ConfigureSituation, ConfigureAction>, 'observe' | 'decide' | 'actions'>;

/** Leads to the configuration that `aim` says. */
const configureTo = (aim: (context: AttemptContext) => Promise<Target>): Handler => {
  const goal = async (context: AttemptContext): Promise<AttemptContext> => on(context, (await aim(context)).database);
  const values = async (context: AttemptContext) => {
    const target = await aim(context);
    return wantedValues(serverIn(on(context, target.database)).shape, target);
  };
  return {
    observe: async (context, done) => {
      const { mode, plainDoors } = await aim(context);
      const { container, generation } = await observeServer(context, done);
      const [leftovers, wanted] = await Promise.all([throwAwayExists(context), values(context)]);
      const looks = container?.running === true && done.has('dry-start');
      const found = looks ? await differing(context, { ...wanted.hot, ...wanted.restart }) : {};
      const holds = (part: Readonly<Record<string, string>>) => !Object.keys(part).some((name) => name in found);
      const inForce = { hot: holds(wanted.hot), restart: holds(wanted.restart) };
      return { ...{ generation, container, leftovers, inForce, mode, plainDoors, done } };
    },
    decide: decideConfigure,
    actions: {
      tidy: removeThrowAway,
      look: async (context) => look(context, await goal(context)),
      start: async (context) => bringUp(context, await goal(context)),
      'dry-start': async (context) => dryStart(await goal(context), 'setting_refused'),
      'take-doors': takePlainDoors,
      keep: async (context) => keepData(context, (await goal(context)).database.persistence),
      apply: async (context) => setAll(context, await differing(context, (await values(context)).hot)),
      persist: async (context) => persistConfiguration(await goal(context), (await aim(context)).mode),
      'let-go': async (context) => letGo(context, (await goal(context)).database.persistence),
      stop: async (context) => {
        await forgetDatabases(await goal(context));
        await faultPoints.reached('databases:forgotten');
        await stop(context);
      },
      'await-ready': async (context) => {
        const after = await goal(context);
        await awaitReady(after, serverIn(after));
      },
      'open-doors': async (context) => openDoors(await goal(context)),
      'close-doors': closePlainDoors,
    },
  };
};

/** Waits for an answer: one that ends over its settings is not tried again. Errors: `setting_refused`, `server_not_ready`. */
const bringUp = async (context: AttemptContext, after: AttemptContext): Promise<void> => {
  await start(context);
  await openDoors(after);
  try {
    (await awaitAnswer(context, serverIn(context))).close();
  } catch (error) {
    if (!(error instanceof ServerEnded)) throw error;
    throw new HoldfastError('setting_refused', `The server does not come up: ${error.detail}`, { cause: error });
  }
};

/** Steps that change something. */
const touching: ReadonlySet<string> = new Set<ConfigureAction>([
  ...(['start', 'take-doors', 'keep', 'apply', 'persist', 'let-go', 'stop', 'open-doors', 'close-doors'] as const),
]);

/** What it is given to answer, or to be seen to have ended. */
const reviveAfter = { deadlineMs: 10_000, intervalMs: 50 };

/** The engine starts one that ends over its settings again and again, and calls it running meanwhile. */
const isDown = async (context: AttemptContext): Promise<boolean> => {
  const { container } = await observeServer(context, new Set());
  if (!container?.running) return container !== null;
  try {
    (await awaitAnswer(context, serverIn(context), reviveAfter)).close();
    return false;
  } catch (error) {
    if (error instanceof ServerEnded) return true;
    // One that loads its data is left alone.
    if (isHoldfastError(error, 'server_not_ready')) return false;
    throw error;
  }
};

/** Back to what is recorded. Each part by itself; returns what is left. */
const undo = async (context: AttemptContext): Promise<readonly string[]> => {
  const left: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => {
      left.push(`${what}: ${error instanceof HoldfastError ? error.detail : String(error)}`);
    });
  await attempt('the throw-away server', () => removeThrowAway(context));
  const steps = await stepsOf(context.control.db, [context.operation.id]);
  if (!steps.some(({ name }) => touching.has(name))) return left;
  if (await isDown(context)) await attempt('the server', () => revive(context));
  const back = configureTo(async (one) => {
    const { mode, ...target } = await targetOf(one);
    const { database } = one;
    return { ...target, database, mode: mode && database.persistence, plainDoors: 'same' };
  });
  left.push(...(await undoBy(back, context, 'the settings', new Set(['look', 'dry-start']))));
  if (context.database.tls_only) {
    await attempt('the plain doors', () => closePlainDoors(context));
    await attempt('the ports of the plain doors', () => giveBackPlainDoors(context));
  } else await attempt('the plain doors', () => openDoors(context));
  return left;
};

/** Other settings, another mode, or no plain door any more, or one again. */
export const configure: KindHandler<ConfigureSituation, ConfigureAction> = {
  ...configureTo(targetOf),
  compensate: undo,
  ended: async (tx, context, { event }) => {
    if (event === 'succeed') await recordConfiguration(context, tx);
  },
  receipt: async (context) => {
    const { database, before, after } = await targetOf(context);
    return {
      databaseId: database.id,
      settings: differences(database.version, before, after),
      persistence: after.persistence,
      tlsOnly: after.tlsOnly,
      persistenceBefore: before.persistence,
      tlsOnlyBefore: before.tlsOnly,
    };
  },
};
