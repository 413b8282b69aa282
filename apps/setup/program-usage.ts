import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** How a person calls a program of the set-up. Its options are switches, said or not. */
export interface ProgramUsage<Option extends string> {
  readonly command: string;
  readonly does: string;
  /** What each one does, by its name without the dashes. */
  readonly options: Readonly<Record<Option, string>>;
}

/** Errors: `setup_failed` for anything that the program does not know, before it does anything. */
export const chosenOptions = <Option extends string>(
  { command, options }: ProgramUsage<Option>,
  given: readonly string[],
): ReadonlySet<Option> | 'help' => {
  if (given.includes('--help') || given.includes('-h')) return 'help';
  const known = new Map((Object.keys(options) as Option[]).map((name) => [`--${name}`, name]));
  const chosen = given.map((word) => {
    const name = known.get(word);
    if (name !== undefined) return name;
    const has = known.size === 0 ? 'takes no options' : `takes ${[...known.keys()].join(', ')}`;
    throw new HoldfastError('setup_failed', `"${word}" is not known here; \`${command}\` ${has}.`, {
      remedy: `\`${command} -- --help\` says what it does.`,
    });
  });
  return new Set(chosen);
};

export const renderHelp = ({ command, does, options }: ProgramUsage<string>): string => {
  const lines = Object.entries({ ...options, help: 'print this and do nothing' });
  const width = Math.max(...lines.map(([name]) => name.length));
  const said = lines.map(([name, what]) => `  --${name.padEnd(width)}  ${what}`);
  return [`${command} [-- OPTION...]`, '', does, '', ...said, ''].join('\n');
};
