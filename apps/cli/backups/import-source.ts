import { readFile } from 'node:fs/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Session } from '../session.js';

export interface SourceOptions {
  readonly from?: string;
  readonly fromEnv?: string;
  readonly fromFile?: string;
}

/** The URL of a source, which mostly holds a password: from where nobody else sees it, or with a warning. Errors: `wrong_usage`. */
export const sourceUrl = async (
  { terminal, environment }: Session,
  { from, fromEnv, fromFile }: SourceOptions,
): Promise<string> => {
  if (from !== undefined) {
    if (hasPassword(from)) {
      terminal.note(
        'Warning: whoever may list processes or read the history of your shell sees the password of --from; use --from-env, --from-file or the prompt.',
      );
    }
    return from;
  }
  if (fromEnv !== undefined) return required(environment[fromEnv], `${fromEnv} is not set.`);
  if (fromFile !== undefined) return required((await textOf(fromFile)).trim(), `${fromFile} is empty.`);
  if (!terminal.canAsk) throw new HoldfastError('wrong_usage', 'Give --file, --from-env, --from-file or --from.');
  return required((await terminal.ask('URL of the source: ', { hidden: true })).trim(), 'No URL was given.');
};

const hasPassword = (text: string): boolean => URL.canParse(text) && new URL(text).password !== '';

const required = (text: string | undefined, otherwise: string): string => {
  if (text === undefined || text === '') throw new HoldfastError('wrong_usage', otherwise);
  return text;
};

/** Errors: `wrong_usage`. */
export const textOf = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'no reason is known';
    throw new HoldfastError('wrong_usage', `${path} cannot be read: ${reason}.`, { cause });
  }
};
