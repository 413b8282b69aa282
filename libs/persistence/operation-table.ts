import type { ColumnType, Generated } from 'kysely';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { OperationStatus } from '#domain/operation/state-machine.js';
import type { OperationError, OperationParameters, OperationReceipt } from './operation-documents.js';

/** One requested change, from the request to its end. */
export interface OperationTable {
  id: string;
  kind: OperationKind;
  status: OperationStatus;
  environment_id: string;
  parameters: ColumnType<OperationParameters, string, string>;
  requested_by: string;
  retry_of: string | null;
  attempt: Generated<number>;
  /** Attempts whose worker was lost. */
  losses: Generated<number>;
  lease_owner: string | null;
  lease_expires_at: Date | null;
  cancel_requested_at: Date | null;
  cancel_requested_by: string | null;
  error: ColumnType<OperationError | null, string | null, string | null>;
  receipt: ColumnType<OperationReceipt | null, string | null, string | null>;
  created_at: Generated<Date>;
  started_at: Date | null;
  finished_at: Date | null;
}
