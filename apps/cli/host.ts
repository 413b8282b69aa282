import type { Readable, Writable } from 'node:stream';
import type { Environment } from '#configuration/environment.js';

/** All that a verb may touch of its process, as an argument, so that a test can run verbs inside its own process. */
export interface Host {
  readonly environment: Environment;
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Results, and nothing else. */
  readonly output: Writable & { readonly isTTY?: boolean };
  /** Progress, questions and errors. */
  readonly errors: Writable & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}
