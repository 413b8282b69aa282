import type { ErrorCode } from '../errors/catalogue.js';

/** What the host shows of a database's container; null when there is none. */
export interface ObservedContainer {
  readonly owned: boolean;
  readonly running: boolean;
  readonly generation: number;
  /** The operation that created it. */
  readonly operationId: string;
  readonly startedAt: Date | null;
}

export interface ServerSituation {
  readonly operationId: string;
  /** The generation that Postgres records. */
  readonly generation: number;
  readonly container: ObservedContainer | null;
  /** Steps that succeeded in this attempt. Earlier attempts prove nothing: the host is looked at instead. */
  readonly done: ReadonlySet<string>;
}

export type Decision<Action extends string> =
  | { readonly next: Action }
  | { readonly next: 'finish' }
  | { readonly next: 'refuse'; readonly code: ErrorCode; readonly detail: string };

const finish = { next: 'finish' } as const;

export const refuse = (code: ErrorCode, detail: string): { next: 'refuse'; code: ErrorCode; detail: string } => ({
  next: 'refuse',
  code,
  detail,
});

/** The first action of a chain that has not been done in this attempt. */
const firstOf = <Action extends string>(done: ReadonlySet<string>, ...chain: Action[]): Decision<Action> => {
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? finish : { next };
};

/** What no operation touches: a stranger's container, or one of a later generation. */
export const guard = (
  situation: Pick<ServerSituation, 'container' | 'generation'>,
): ReturnType<typeof refuse> | null => {
  const { container, generation } = situation;
  if (!container) return null;
  if (!container.owned)
    return refuse('name_taken_by_stranger', 'A container that is not ours has the name of this database.');
  if (container.generation > generation) {
    return refuse(
      'stale_generation',
      `The container has generation ${container.generation}, this operation ${generation}.`,
    );
  }
  return null;
};

/** Somebody else stopped or removed what this attempt has made: what was seen of it counts no more, so the next attempt looks anew. */
const vanished = refuse('server_not_ready', 'The container was stopped or removed while the operation ran.');
const hasRun = (done: ReadonlySet<string>): boolean =>
  ['start', 'open-doors', 'await-ready'].some((step) => done.has(step));

/** Starting opens the doors as well; a server that was found running may have been started by an attempt that crashed before. */
const fromRunning = (done: ReadonlySet<string>): Decision<'open-doors' | 'await-ready'> =>
  done.has('start') ? firstOf(done, 'await-ready') : firstOf(done, 'open-doors', 'await-ready');

export type ProvisionAction = 'remove' | 'prepare' | 'create' | 'start' | 'open-doors' | 'await-ready';

/** From nothing to a database that was reached as its clients reach it. */
export const decideProvision = (situation: ServerSituation): Decision<ProvisionAction> => {
  const refusal = guard(situation);
  if (refusal) return refusal;
  const { container, operationId, done } = situation;
  if (!container) return done.has('create') || hasRun(done) ? vanished : firstOf(done, 'prepare', 'create');
  // A failed operation could not take it away; its settings may not be the ones asked for now.
  if (container.operationId !== operationId) return { next: 'remove' };
  // Files may be missing from a container that was never started: creating is repeated until this attempt has done it.
  if (!container.running && hasRun(done)) return vanished;
  if (!container.running) return done.has('create') ? { next: 'start' } : { next: 'create' };
  return fromRunning(done);
};

export type RestartAction = 'stop' | 'start' | 'open-doors' | 'await-ready';

/** Stops and starts the server that is there. `requestedAt` tells a restart that a crashed attempt has already made. */
export const decideRestart = (situation: ServerSituation, requestedAt: Date): Decision<RestartAction> => {
  const refusal = guard(situation);
  if (refusal) return refusal;
  const { container, done } = situation;
  if (!container)
    return refuse('database_not_ready', 'The container is missing; reload the database to make it again.');
  if (!container.running) return hasRun(done) ? vanished : { next: 'start' };
  const restarted = container.startedAt !== null && container.startedAt > requestedAt;
  if (!restarted && !done.has('start')) return { next: 'stop' };
  return fromRunning(done);
};

export type RestoreAction = 'remove' | 'prepare' | 'create' | 'load' | 'start' | 'check' | 'open-doors' | 'await-ready';

/** As a provision, but the data are put in before the server starts for the first time, and are looked at before its clients come. */
export const decideRestore = (situation: ServerSituation): Decision<RestoreAction> => {
  const refusal = guard(situation);
  if (refusal) return refusal;
  const { container, operationId, done } = situation;
  const started = done.has('start') || done.has('check') || hasRun(done);
  if (!container) return done.has('create') || started ? vanished : firstOf(done, 'prepare', 'create');
  if (container.operationId !== operationId) return { next: 'remove' };
  // It may have ended over the data already: whoever waits for it finds out how.
  if (done.has('start') && !done.has('check')) return { next: 'check' };
  if (container.running) return firstOf(done, 'check', 'open-doors', 'await-ready');
  if (started) return vanished;
  // What an attempt that died has put in may be half of it.
  if (!done.has('create')) return { next: 'create' };
  return done.has('load') ? { next: 'start' } : { next: 'load' };
};

export type DeprovisionSituation = ServerSituation & { readonly volumeExists: boolean };

export type ReloadAction = 'stop' | ProvisionAction;

const volumeGone = refuse('volume_missing', 'The volume of this database is gone, and its data with it.');

/** Replaces the container in place; the volume with its data and the tenant's users stays. An empty server is never passed off as one that kept its data. */
export const decideReload = (situation: DeprovisionSituation, keepsData = true): Decision<ReloadAction> => {
  const refusal = guard(situation);
  if (refusal) return refusal;
  const { container, operationId, done, volumeExists } = situation;
  if (keepsData && !volumeExists && !done.has('prepare')) return volumeGone;
  const replaced = !container || container.operationId === operationId;
  if (!replaced && container.running && !done.has('stop')) return { next: 'stop' };
  if (!replaced) return { next: 'remove' };
  return decideProvision(situation);
};

export type DeprovisionAction =
  'final-backup' | 'close-doors' | 'stop' | 'remove' | 'remove-others' | 'remove-volume' | 'tidy';

/**
 * A last backup before anything is touched, so that one that cannot be taken leaves all as it is; then the doors, so that clients see the
 * end at once; servers that upgrades left or keep; the volume last, so that a failure before it has lost nothing.
 */
export const decideDeprovision = (
  situation: DeprovisionSituation & {
    readonly follows?: boolean;
    readonly finalBackupDue?: boolean;
    readonly hasOthers?: boolean;
  },
): Decision<DeprovisionAction> => {
  const { container, done, volumeExists } = situation;
  if (situation.finalBackupDue && !done.has('final-backup')) return { next: 'final-backup' };
  if (!done.has('close-doors')) return { next: 'close-doors' };
  const own = container?.owned === true;
  if (own && container.running && !done.has('stop')) return { next: 'stop' };
  if (own) return { next: 'remove' };
  if (situation.hasOthers) return { next: 'remove-others' };
  if (volumeExists) return { next: 'remove-volume' };
  // Its source lets it in no more.
  return situation.follows && !done.has('tidy') ? { next: 'tidy' } : finish;
};
