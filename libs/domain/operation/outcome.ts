import type { ErrorCode } from '../errors/catalogue.js';

/** What became of one attempt. Nothing else can. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly dueAt: Date }
  | { readonly kind: 'fail'; readonly code: ErrorCode }
  | { readonly kind: 'cancelled' }
  /** The worker shuts down; another one goes on. */
  | { readonly kind: 'released' }
  /** Somebody else has it, it is over, or it is not its turn. */
  | { readonly kind: 'not-claimed' };
