import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { chosenOptions, renderHelp, type ProgramUsage } from './program-usage.js';
import { Progress } from './progress.js';

/** Runs a program of the set-up: stops on Ctrl-C, tells a refusal in words, and ends with a code. */
export const runProgram = async (work: (progress: Progress, signal: AbortSignal) => Promise<void>): Promise<void> => {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  try {
    await work(new Progress(), interruption.signal);
  } catch (error) {
    process.exitCode = 1;
    if (interruption.signal.aborted) process.stderr.write('Interrupted; run the same command again to go on.\n');
    else if (isHoldfastError(error))
      process.stderr.write(`${error.code}: ${error.detail}\n${error.remedy}\n${causesOf(error)}`);
    else throw error;
  }
};

/** A program that a person calls: `--help` prints its usage and does nothing else. An option that it does not have is refused before anything is done. */
export const runCommand = <Option extends string>(
  usage: ProgramUsage<Option>,
  work: (progress: Progress, signal: AbortSignal, chosen: ReadonlySet<Option>) => Promise<void>,
): Promise<void> =>
  runProgram(async (progress, signal) => {
    const chosen = chosenOptions(usage, process.argv.slice(2));
    if (chosen === 'help') process.stdout.write(renderHelp(usage));
    else await work(progress, signal, chosen);
  });

const causesOf = (error: Error): string =>
  error.cause instanceof Error ? `  because of: ${error.cause.message}\n${causesOf(error.cause)}` : '';
