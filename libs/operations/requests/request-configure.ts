import type { OperationRequest } from '#contracts/operation-requests.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { memoryOnlyWarning } from '#domain/database/persistence.js';
import { differences, parseSettings, requireHarmony } from '#domain/settings/change.js';
import type { Configuration } from '#domain/settings/settings.js';
import type { Tx } from '#persistence/connection.js';
import type { OperationParameters } from '#persistence/operation-documents.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import { concernsTree, relativesOf, requireTreeHarmony } from '../configuration/tree-harmony.js';
import { columnsOf, configurationOf, wantedConfiguration } from '../configuration/wanted.js';
import type { Control } from '../control.js';
import { recordOperation } from './record-operation.js';
import { memoryLossConfirmed, requireConfirmation, requireConfirmedThen } from './require-confirmation.js';
import { refuseUnlessPending } from './nothing-to-change.js';
import { requireServing } from './request-resize.js';

type Wish = Omit<Extract<OperationRequest, { type: 'configure' }>, 'type'>;

/**
 * Records another configuration, and says beforehand what of it needs a restart. Errors: `setting_forbidden`, `setting_unknown`, `setting_invalid`,
 * `setting_conflict`, `settings_entry_not_found`, `nothing_to_change`, `confirmation_required`, `database_not_ready`.
 */
export const requestConfigure = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  wish: Wish,
): Promise<OperationRow> => {
  requireServing(database);
  const { settings, revertTo, persistence, tlsOnly } = wish;
  const parameters: OperationParameters = {
    ...(settings && { settings: parseSettings(database.version, settings) }),
    ...(revertTo !== undefined && { revertTo }),
    ...(persistence !== undefined && { persistence }),
    ...(tlsOnly !== undefined && { tlsOnly }),
  };
  const after = await requireSound(tx, database, parameters);
  const plan = planOf(database, after);
  if (plan.hot.length + plan.restart.length === 0) await refuseUnlessPending(tx, 'configure', database);
  requireConsent(database, after, plan.restart.length > 0, wish.confirm);
  const confirmed = losesMemory(database, after, plan) ? memoryLossConfirmed : {};
  return record(control, tx, actor, { database, after }, { ...parameters, ...confirmed, plan });
};

/** Asks anew for what a failed one was to do; the handle was typed then, for what it was then. Errors: those of the request. */
export const retryConfigure = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { id, parameters }: Pick<OperationRow, 'id' | 'parameters'>,
): Promise<OperationRow> => {
  requireServing(database);
  const after = await requireSound(tx, database, parameters);
  const plan = planOf(database, after);
  if (losesMemory(database, after, plan)) requireConfirmedThen({ id, parameters }, database);
  return record(control, tx, actor, { database, after }, { ...parameters, plan }, id);
};

const requireSound = async (tx: Tx, database: DatabaseRow, parameters: OperationParameters): Promise<Configuration> => {
  const after = await wantedConfiguration(tx, database, parameters);
  requireHarmony(database.version, after);
  await requireTreeHarmony(tx, database, { ...database, ...columnsOf(after) });
  return after;
};

/** What happens at once and what needs a restart, under the version's names. */
const planOf = (database: DatabaseRow, after: Configuration) => {
  const before = configurationOf(database);
  const changes = differences(database.version, before, after);
  const hot = changes.filter(({ apply }) => apply === 'hot').map(({ name }) => name);
  const restart = changes.filter(({ apply }) => apply === 'restart').map(({ name }) => name);
  const portNeedsRestart = compareVersions(database.version, '7.0') < 0;
  return {
    hot: [
      ...hot,
      ...(before.persistence === after.persistence ? [] : ['persistence']),
      ...(before.tlsOnly === after.tlsOnly || portNeedsRestart ? [] : ['tlsOnly']),
    ],
    restart: [...restart, ...(before.tlsOnly !== after.tlsOnly && portNeedsRestart ? ['tlsOnly'] : [])],
  };
};

/** Errors: `confirmation_required`. */
const requireConsent = (
  database: DatabaseRow,
  after: Configuration,
  restarts: boolean,
  confirm: string | undefined,
): void => {
  if (after.persistence !== 'none') return;
  if (database.persistence !== 'none') {
    requireConfirmation(
      database,
      confirm,
      'Without persistence the next restart loses all data, and what is on the disk is given up now.',
    );
  } else if (restarts) {
    requireConfirmation(database, confirm, memoryOnlyWarning);
  }
};

/** A restart of what has its data in memory only, and keeps them there. */
const losesMemory = (database: DatabaseRow, after: Configuration, { restart }: ReturnType<typeof planOf>): boolean =>
  restart.length > 0 && database.persistence === 'none' && after.persistence === 'none';

const record = async (
  control: Control,
  tx: Tx,
  actor: string,
  { database, after }: { readonly database: DatabaseRow; readonly after: Configuration },
  parameters: OperationParameters,
  retryOf?: string,
): Promise<OperationRow> => {
  const others = concernsTree(database, { ...database, ...columnsOf(after) }) ? await relativesOf(tx, database) : [];
  return recordOperation(control, tx, {
    ...{ kind: 'configure', database, actor, parameters, auditDetail: parameters },
    others: others.map(({ id }) => id),
    ...(retryOf === undefined ? {} : { retryOf }),
  });
};
