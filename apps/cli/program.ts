import { Command } from 'commander';
import { refusedAsTyped } from './failure/as-typed.js';
import { refuseEmptyWords } from './failure/empty-words.js';
import type { Host } from './host.js';
import { outputOption } from './options.js';
import type { SessionOptions } from './session.js';
import type { Verb } from './verb.js';
import { packageVersion } from './version.js';
import { verbs } from './verbs.js';

const groups: Record<string, string> = {
  env: 'Environments:',
  db: 'Databases:',
  backup: 'Backups:',
  operation: 'Operations:',
  audit: 'History:',
  token: 'Access:',
  login: 'Access:',
  ca: 'Access:',
};

/**
 * The program with all verbs known by name, so that a mistyped one is answered with the nearest. Only the verb that the
 * words name is loaded; the list of all verbs loads them all, for their summaries.
 */
export const buildProgram = async (
  argv: readonly string[],
  host: Host,
  setExitCode: (code: number) => void,
): Promise<Command> => {
  const program = newProgram(host);
  const named = argv.filter((word) => Object.hasOwn(verbs, word));
  const wanted = new Set(named.length > 0 ? named : Object.keys(verbs));
  for (const [name, load] of Object.entries(verbs)) {
    const command = program.command(name);
    if (wanted.has(name)) declare(command, await load(), host, setExitCode);
  }
  return program;
};

const newProgram = (host: Host): Command =>
  new Command('holdfast')
    .description('Managed Redis databases on Docker hosts that you own.')
    .version(packageVersion(), '--version', 'the version of this program')
    .addOption(outputOption())
    // Otherwise an option of the program could not have another meaning after a verb.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => host.output.write(text),
      writeErr: (text) => host.errors.write(text),
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', introduction);

const introduction = `
A database is named by its handle (with --environment, or as environment/handle) or by its id.
Where to find the API and the token: HOLDFAST_URL and HOLDFAST_TOKEN, or what \`holdfast login\` has stored.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the API cannot be reached, 4 not permitted.

Examples:
  holdfast db:create orders
  holdfast db:url orders
  holdfast db:cli orders
  holdfast operation:list --database orders`;

/** Of `--x --no-x` the last one would win, in silence. */
const refuseOpposites = (command: Command): void => {
  for (const { long } of command.options.filter((option) => option.negate)) {
    const opposites = [long?.replace(/^--no-/, '') ?? '', long?.replace(/^--/, '') ?? ''];
    const given = new Set<string>();
    for (const name of opposites) {
      command.on(`option:${name}`, () => {
        given.add(name);
        if (given.size < opposites.length) return;
        command.error(`error: option '--${opposites.join("' cannot be used with option '--")}'`);
      });
    }
  }
};

const declare = (command: Command, verb: Verb, host: Host, setExitCode: (code: number) => void): void => {
  command.description(verb.summary).helpGroup(groups[command.name().split(':')[0] ?? ''] ?? 'Commands:');
  verb.operands?.forEach((operand) => command.addArgument(operand));
  [...(verb.options ?? []), outputOption()].forEach((option) => command.addOption(option));
  refuseOpposites(command);
  const examples = verb.examples.map((example) => `  ${example}`).join('\n');
  command.addHelpText('after', `${verb.notes ? `\n${verb.notes}\n` : ''}\nExamples:\n${examples}`);
  command.action(async (...received: unknown[]) => {
    const options = command.optsWithGlobals<SessionOptions>();
    const operands = received.slice(0, verb.operands?.length ?? 0) as string[];
    refuseEmptyWords(verb.operands ?? [], operands, { ...options });
    // Help needs no API, so what talks to it is not loaded before a verb runs.
    const { openSession } = await import('./session.js');
    const session = await openSession(host, options);
    try {
      setExitCode((await verb.run(session, options, ...operands)) ?? 0);
    } catch (error) {
      throw refusedAsTyped(verb, error);
    }
  });
};
