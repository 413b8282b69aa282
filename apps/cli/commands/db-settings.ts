import { Option } from 'commander';
import { answer } from '../api/client.js';
import { databasePath } from '../databases/reference.js';
import { itemsOf } from '../api/pages.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

interface SettingsOptions extends EnvironmentOptions {
  readonly history?: boolean;
}

export const verb = defineVerb<SettingsOptions, [string]>({
  summary: 'List what can be set for a database, what is in force, and who changed it',
  operands: [databaseOperand()],
  options: [...environmentOptions(), new Option('--history', 'who changed what, the newest first')],
  notes: 'A star marks what is not the default. Settings that take effect by a restart are marked so.',
  examples: ['holdfast db:settings orders', 'holdfast db:settings orders --history'],
  async run(session, options, handle) {
    const { api, terminal } = session;
    const path = { id: await databasePath(session, handle, options) };
    if (options.history) {
      const entries = await itemsOf((query) =>
        answer(api.GET('/v1/databases/{id}/settings/history', { params: { path, query } })),
      );
      if (entries.length === 0) terminal.note('Nobody has changed a setting.');
      return terminal.print(entries, table(['id', 'when', 'who', 'change'], entries.map(entryRow)));
    }
    const settings = await answer(api.GET('/v1/databases/{id}/settings', { params: { path } }));
    const rows = settings.items.map(({ name, value, default: usual, isDefault, apply, takes }) => [
      `${name}${isDefault ? '' : ' *'}`,
      value || '""',
      usual || '""',
      apply,
      takes,
    ]);
    terminal.print(settings, table(['setting', 'value', 'default', 'applies', 'takes'], rows));
  },
});

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly changes: readonly { readonly name: string; readonly before: string; readonly after: string }[];
}

const entryRow = ({ id, at, actor, changes }: Entry): string[] => [
  id,
  at,
  actor,
  changes.map(({ name, before, after }) => `${name}: ${before || '""'} → ${after || '""'}`).join(', ') ||
    'as it was made',
];
