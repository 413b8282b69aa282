import type { PersistenceMode } from '../database/persistence.js';
import { guard, refuse, type Decision, type ObservedContainer } from './decide-server.js';

export interface ConfigureSituation {
  readonly generation: number;
  readonly container: ObservedContainer | null;
  /** A throw-away server of this operation is there. */
  readonly leftovers: boolean;
  /** Whether the server runs with the wanted values of what can be set while it runs, and of what needs another start. */
  readonly inForce: { readonly hot: boolean; readonly restart: boolean };
  /** The wanted mode, when the operation is about the mode. */
  readonly mode: PersistenceMode | null;
  /** What the operation means for the plain doors. */
  readonly plainDoors: 'open' | 'close' | 'same';
  /** Steps that succeeded in this attempt. */
  readonly done: ReadonlySet<string>;
}

export type ConfigureAction =
  | 'tidy'
  | 'look'
  | 'start'
  | 'dry-start'
  | 'take-doors'
  | 'keep'
  | 'apply'
  | 'persist'
  | 'let-go'
  | 'stop'
  | 'await-ready'
  | 'open-doors'
  | 'close-doors';

/**
 * Nothing is touched before a throw-away server has taken the settings. Then what can be set while the server runs, then its file, and a restart
 * only for what needs one: whatever is interrupted, the file never promises data that are not on the disk (docs/adr/0013).
 */
export const decideConfigure = (situation: ConfigureSituation): Decision<ConfigureAction> => {
  const refusal = guard(situation);
  if (refusal) return refusal;
  const { container, leftovers, done } = situation;
  if (!container)
    return refuse('database_not_ready', 'The container is missing; reload the database to make it again.');
  // What an attempt that died has left.
  if (leftovers) return { next: 'tidy' };
  if (!container.running) return mayStart(done) ? { next: 'start' } : stopped;
  const next = [...checks, ...change(situation), ...restart(situation), ...doors(situation)].find(
    (one) => !done.has(one),
  );
  if (next !== undefined) return { next };
  if (situation.inForce.hot && situation.inForce.restart) return { next: 'finish' };
  return refuse('server_settings_differ', 'The server does not run with the settings that it was told.');
};

/** It was found so, or this attempt has stopped it just now. */
const mayStart = (done: ReadonlySet<string>): boolean => !done.has('start') || [...done].at(-1) === 'stop';

const stopped = refuse('server_not_ready', 'The container was stopped while the operation ran.');

const checks = ['look', 'dry-start'] as const;

/** The mode `none` gives up what lies on the disk together with its file; any other mode has its data there first, and lets go of the others' last. */
const change = ({ inForce, mode, plainDoors, done }: ConfigureSituation): ConfigureAction[] => [
  ...(plainDoors === 'open' ? (['take-doors'] as const) : []),
  ...(mode === 'aof' || mode === 'rdb' ? (['keep'] as const) : []),
  ...(!inForce.hot || done.has('apply') ? (['apply'] as const) : []),
  ...(mode === 'none' ? (['let-go', 'persist'] as const) : (['persist'] as const)),
  ...(mode === 'rdb' ? (['let-go'] as const) : []),
];

/** After a stop comes the start by itself; whoever was started is waited for, and let out of its gate. */
const restart = ({ inForce, done }: ConfigureSituation): ConfigureAction[] => {
  if (!inForce.restart) return ['stop'];
  return done.has('start') ? ['await-ready'] : [];
};

const doors = ({ plainDoors }: ConfigureSituation): ConfigureAction[] => {
  switch (plainDoors) {
    case 'open':
      return ['open-doors', 'await-ready'];
    case 'close':
      return ['close-doors'];
    case 'same':
      return [];
  }
};
