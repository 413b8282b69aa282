import type { Argument, Option } from 'commander';
import type { Session } from './session.js';

/** One verb: what the help says, what the words mean and what is done, in one declaration. */
export interface Verb<Options extends object = object, Operands extends readonly unknown[] = readonly string[]> {
  readonly summary: string;
  readonly operands?: readonly Argument[];
  readonly options?: readonly Option[];
  /** The options and operands of the fields that the API calls otherwise, so that a problem names what was typed. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly notes?: string;
  readonly examples: readonly string[];
  /** Returns the exit code when it is not 0 and nothing is left to say. */
  run(session: Session, options: Options, ...operands: Operands): Promise<number | void>;
}

/** Checks a verb against the types of its own options and operands, and forgets them, so that all verbs fit into one list. */
export const defineVerb = <Options extends object, Operands extends readonly unknown[] = readonly []>(
  verb: Verb<Options, Operands>,
): Verb => verb as unknown as Verb;
