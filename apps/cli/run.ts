import { CommanderError } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { exitCodeOf, exitCodes } from './failure/exit-codes.js';
import { Interrupted } from './failure/interrupted.js';
import { problemForPeople, problemOf, renderProblem } from './failure/problem.js';
import type { Host } from './host.js';
import { buildProgram } from './program.js';

/** Runs one command line and returns the exit code; everything that goes wrong ends here as a text or a problem document. */
export const runCli = async (argv: readonly string[], host: Host): Promise<number> => {
  let exitCode: number = exitCodes.done;
  try {
    const program = await buildProgram(argv, host, (code) => (exitCode = code));
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, wantsJson(argv), host);
  }
};

const report = (error: unknown, json: boolean, host: Host): number => {
  if (error instanceof CommanderError) return reportUsage(error, json, host);
  // Whatever broke off because of Ctrl-C is no error.
  if (error instanceof Interrupted || host.interrupted.aborted) return reportInterruption(error, json, host);
  // A program that reads the document knows the API's names; whoever reads a text typed those of the verb.
  host.errors.write(json ? `${JSON.stringify(problemOf(error), null, 2)}\n` : renderProblem(problemForPeople(error)));
  return exitCodeOf(error);
};

const reportInterruption = (error: unknown, json: boolean, host: Host): number => {
  if (error instanceof Interrupted && error.hint !== null && !json) host.errors.write(`\n${error.hint}\n`);
  return exitCodes.interrupted;
};

const reportUsage = (error: CommanderError, json: boolean, host: Host): number => {
  if (error.exitCode === 0) return exitCodes.done;
  // Help that nobody asked for: it is on the error stream already.
  if (error.code === 'commander.help') return exitCodes.usage;
  const detail = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return report(new HoldfastError('wrong_usage', detail), json, host);
};

/** Read off the raw words, because the words may be what could not be parsed. */
const wantsJson = (argv: readonly string[]): boolean => /(^| )(-o|--output)[ =]?json( |$)/.test(argv.join(' '));
