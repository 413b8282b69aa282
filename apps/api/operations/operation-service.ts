import type { LogLine, Operation } from '#contracts/http/operations.js';
import { toPage, type Page } from '#contracts/http/page.js';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { operationKinds, type OperationKind } from '#domain/operation/kinds.js';
import type { OperationStatus } from '#domain/operation/state-machine.js';
import type { Control } from '#operations/control.js';
import { cancelOperation, retryOperation } from '#operations/requests/cancel-and-retry.js';
import { requestOperation } from '#operations/requests/request-operation.js';
import type { Tx } from '#persistence/connection.js';
import { lockDatabase } from '#persistence/databases.js';
import { logOf } from '#persistence/operations/read.js';
import { pageOperations } from '#persistence/pages/operations.js';
import { requirePermission, type Caller } from '../http/caller.js';
import { databaseId, filterIds, noSuchDatabase } from '../http/references.js';
import { showOperation, toLogLine, toOperation } from './operation-view.js';

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly environment?: string | undefined;
  readonly database?: string | undefined;
  readonly type?: OperationKind | undefined;
  readonly status?: OperationStatus | undefined;
  readonly actor?: string | undefined;
}

/** What only one request at a time may ask for. */
const locking = new Set<OperationRequest['type']>([
  'deprovision',
  'rotate-credentials',
  'retire-credentials',
  'upgrade',
  'go-back',
]);

export class OperationService {
  constructor(private readonly control: Control) {}

  /** Errors: `environment_not_found`, `database_not_found`. */
  async list({ limit, cursor, type, status, actor, ...named }: ListQuery): Promise<Page<Operation>> {
    const { db } = this.control;
    const filter = { ...(await filterIds(db, named)), kind: type, status, actor };
    const rows = await pageOperations(db, filter, { limit: limit + 1, after: cursor });
    return toPage(rows, limit, (row) => row.id, toOperation);
  }

  /** Errors: `operation_not_found`. */
  show(id: string): Promise<Operation> {
    return showOperation(this.control.db, id);
  }

  /** Errors: `operation_not_found`. */
  async log(id: string, limit: number, after = '0'): Promise<Page<LogLine>> {
    const operation = await this.show(id);
    const rows = await logOf(this.control.db, operation.id, after, limit + 1);
    return toPage(rows, limit, (row) => row.id, toLogLine);
  }

  /** Errors: those of `requestOperation`, `database_not_found`, `permission_denied`. */
  async request(tx: Tx, caller: Caller, reference: string, request: OperationRequest): Promise<Operation> {
    requirePermission(caller, operationKinds[request.type].permission);
    const lock = locking.has(request.type) ? 'no key update' : 'share';
    const database = await lockDatabase(tx, await databaseId(tx, reference), lock);
    if (!database) throw noSuchDatabase(reference);
    const { id } = await requestOperation(this.control, tx, caller.actor, database, request);
    return showOperation(tx, id);
  }

  /** Errors: those of `cancelOperation`, `permission_denied`. */
  async cancel(tx: Tx, caller: Caller, reference: string): Promise<Operation> {
    const { id, type } = await showOperation(tx, reference);
    requirePermission(caller, operationKinds[type].permission);
    await cancelOperation(this.control, tx, caller.actor, id);
    return showOperation(tx, id);
  }

  /** Errors: those of `retryOperation`, `permission_denied`. */
  async retry(tx: Tx, caller: Caller, reference: string): Promise<Operation> {
    const { id, type } = await showOperation(tx, reference);
    requirePermission(caller, operationKinds[type].permission);
    return showOperation(tx, (await retryOperation(this.control, tx, caller.actor, id)).id);
  }
}
