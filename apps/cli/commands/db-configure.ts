import { Argument, Option } from 'commander';
import { persistenceModes, type PersistenceMode } from '#domain/database/persistence.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Operation } from '../api/documents.js';
import { given } from '../api/given.js';
import { findDatabase } from '../databases/reference.js';
import { settingsIn } from '../databases/setting-words.js';
import { requestConfirmed } from '../operations/change.js';
import { unlessDetached } from '../operations/outcome.js';
import { confirmedOptions, databaseOperand, type ConfirmedOptions } from '../options.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

interface ConfigureOptions extends ConfirmedOptions {
  readonly reset?: readonly string[];
  readonly revert?: string;
  readonly persistence?: PersistenceMode;
  /** Both spellings of the option lead here; undefined when neither was given. */
  readonly tlsOnly?: boolean;
}

export const verb = defineVerb<ConfigureOptions, [string, readonly string[]]>({
  summary: 'Change settings, persistence mode or plain port of a running database',
  operands: [databaseOperand(), new Argument('[settings...]', 'KEY=VALUE; KEY= gives the default back')],
  options: confirmedOptions(
    new Option('--reset <key...>', 'give these settings their defaults back'),
    new Option('--revert <id>', 'the settings as they were from this entry of the history on').conflicts('reset'),
    new Option('--persistence <mode>', 'another persistence mode').choices(persistenceModes),
    new Option('--tls-only', 'close the plain port; its doors go and their ports with them'),
    new Option('--no-tls-only', 'open the plain port again, with new doors'),
  ),
  fields: { revertTo: '--revert' },
  notes:
    'What can be set is listed by db:settings. Nothing is touched before a throw-away server has started with the settings. What needs a restart is said beforehand; on a memory-only database the handle is asked for, as it is for the mode none.',
  examples: [
    'holdfast db:configure orders maxmemory-policy=allkeys-lru timeout=300',
    'holdfast db:configure orders timeout= --reset maxmemory-policy',
    'holdfast db:configure orders --persistence rdb',
    'holdfast db:configure orders --revert 0199d3a0-0000-7000-8000-000000000009',
  ],
  async run(session, options, handle, words) {
    const settings = settingsIn(words, options.reset ?? []);
    const { revert: revertTo, persistence, tlsOnly } = options;
    const wish = given({
      settings: Object.keys(settings).length === 0 ? undefined : settings,
      ...{ revertTo, persistence, tlsOnly },
    });
    if (Object.keys(wish).length === 0) {
      throw new HoldfastError('wrong_usage', 'Say what to change; see `holdfast db:configure --help`.');
    }
    const database = await findDatabase(session, handle, options);
    const requested = await requestConfirmed(session, database, { type: 'configure', ...wish }, options.confirm);
    planLines(requested).forEach((line) => session.terminal.note(line));
    const operation = await unlessDetached(session, requested, { ...given({ detach: options.detach }) });
    if (operation) session.terminal.print(operation, changeLines(operation));
  },
});

interface Plan {
  readonly hot: readonly string[];
  readonly restart: readonly string[];
}

const planLines = ({ parameters }: Operation): string[] => {
  const { hot, restart } = parameters['plan'] as Plan;
  return [
    ...(hot.length > 0 ? [`At once: ${hot.join(', ')}.`] : []),
    ...(restart.length > 0 ? [`By a restart, which drops connections for a moment: ${restart.join(', ')}.`] : []),
    ...(hot.length + restart.length === 0 ? ['That is so already.'] : []),
  ];
};

const changeLines = ({ receipt }: Operation): string[] =>
  table(
    ['setting', 'before', 'now'],
    (receipt?.settings ?? []).map(({ name, before, after }) => [name, before || '""', after || '""']),
  );
