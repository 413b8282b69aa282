import type { ErrorCode } from '#domain/errors/catalogue.js';

/** What was asked for beyond kind and targets; each kind's Zod schema (libs/contracts) has checked it. Never a secret. */
export type OperationParameters = Readonly<Record<string, unknown>>;

export interface OperationError {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly remedy: string;
  /** What a failed or cancelled operation could not undo. */
  readonly leftBehind: readonly string[];
}

export type OperationReceipt = Readonly<Record<string, unknown>>;
