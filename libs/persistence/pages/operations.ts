import type { ExpressionBuilder } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { OperationStatus } from '#domain/operation/state-machine.js';
import type { Db, Tx } from '../connection.js';
import type { OperationRow, Tables } from '../tables.js';
import type { PageRequest } from './page.js';

/** An operation with its environment, databases and steps, in one round trip. */
export type OperationView = OperationRow & {
  readonly environment_name: string;
  readonly databases: readonly { id: string; handle: string }[];
  readonly steps: readonly StepView[];
};

/** Times as Postgres writes them into JSON. */
export interface StepView {
  readonly attempt: number;
  readonly ordinal: number;
  readonly name: string;
  readonly status: 'running' | 'succeeded' | 'failed' | 'interrupted';
  readonly started_at: string;
  readonly finished_at: string | null;
}

const targets = (e: ExpressionBuilder<Tables, 'operations'>) =>
  jsonArrayFrom(
    e
      .selectFrom('operation_targets')
      .innerJoin('databases', 'databases.id', 'operation_targets.database_id')
      .select(['databases.id', 'databases.handle'])
      .whereRef('operation_targets.operation_id', '=', 'operations.id')
      .orderBy('operation_targets.ordinal'),
  );

const steps = (e: ExpressionBuilder<Tables, 'operations'>) =>
  jsonArrayFrom(
    e
      .selectFrom('operation_steps')
      .select(['operation_steps.attempt', 'ordinal', 'name', 'operation_steps.status'])
      .select(['operation_steps.started_at', 'operation_steps.finished_at'])
      .whereRef('operation_steps.operation_id', '=', 'operations.id')
      .orderBy('operation_steps.attempt')
      .orderBy('ordinal'),
  );

const views = (db: Db | Tx) =>
  db
    .selectFrom('operations')
    .innerJoin('environments', 'environments.id', 'operations.environment_id')
    .selectAll('operations')
    .select('environments.name as environment_name')
    .select((e) => [targets(e).as('databases'), steps(e).as('steps')]);

export const viewOperation = (db: Db | Tx, id: string): Promise<OperationView | undefined> =>
  views(db).where('operations.id', '=', id).executeTakeFirst();

/** The oldest operation on a database that has not ended. */
export const viewUnfinishedOperation = (db: Db, databaseId: string): Promise<OperationView | undefined> =>
  views(db)
    .innerJoin('operation_targets', 'operation_targets.operation_id', 'operations.id')
    .where('operation_targets.database_id', '=', databaseId)
    .where('operation_targets.finished', '=', false)
    .orderBy('operation_targets.active', 'desc')
    .orderBy('operations.id')
    .limit(1)
    .executeTakeFirst();

export interface OperationFilter {
  readonly environmentId?: string | undefined;
  readonly databaseId?: string | undefined;
  readonly kind?: OperationKind | undefined;
  readonly status?: OperationStatus | undefined;
  readonly actor?: string | undefined;
}

/** Newest first. */
export const pageOperations = (db: Db, filter: OperationFilter, page: PageRequest): Promise<OperationView[]> => {
  let query = views(db).orderBy('operations.id', 'desc').limit(page.limit);
  const { environmentId, databaseId, kind, status, actor } = filter;
  if (page.after !== undefined) query = query.where('operations.id', '<', page.after);
  if (environmentId !== undefined) query = query.where('operations.environment_id', '=', environmentId);
  if (kind !== undefined) query = query.where('operations.kind', '=', kind);
  if (status !== undefined) query = query.where('operations.status', '=', status);
  if (actor !== undefined) query = query.where('operations.requested_by', '=', actor);
  if (databaseId !== undefined)
    query = query.where('operations.id', 'in', (e) =>
      e.selectFrom('operation_targets').select('operation_id').where('database_id', '=', databaseId),
    );
  return query.execute();
};
