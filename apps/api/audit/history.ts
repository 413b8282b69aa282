import type { ChainPosition, ChainProblem, Checkpoint } from '#domain/audit/chain.js';

export interface Verification {
  readonly ok: boolean;
  readonly entries: number;
  readonly checkpoints: number;
  readonly head: ChainPosition;
  readonly problems: readonly ChainProblem[];
}

/** What the API asks of the audit history beyond reading pages of it. */
export interface History {
  verify(signal: AbortSignal): Promise<Verification>;
  checkpoints(): Promise<readonly Checkpoint[]>;
}
