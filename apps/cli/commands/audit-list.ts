import { Option } from 'commander';
import { answer } from '../api/client.js';
import type { AuditEvent } from '../api/documents.js';
import { given } from '../api/given.js';
import { itemsOf } from '../api/pages.js';
import { databasePath } from '../databases/reference.js';
import { environmentOptions, limitOption, type EnvironmentOptions } from '../options.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

interface ListOptions extends EnvironmentOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly database?: string;
  readonly limit: number;
}

export const verb = defineVerb<ListOptions>({
  summary: 'List entries of the history, the newest first',
  options: [
    ...environmentOptions(),
    new Option('--actor <name>', 'only what this one did'),
    new Option('--action <action>', 'only this action, such as provision.requested'),
    new Option('--database <handle>', 'only what concerns this database'),
    limitOption(25),
  ],
  examples: ['holdfast audit:list', 'holdfast audit:list --database orders --limit 100'],
  async run(session, options) {
    const { actor, action } = options;
    const database = options.database && (await databasePath(session, options.database, options));
    const environment = database === undefined ? (options.environment ?? options.env) : undefined;
    const filter = given({ environment, actor, action, database });
    const events = await itemsOf(
      (page) => answer(session.api.GET('/v1/audit/events', { params: { query: { ...page, ...filter } } })),
      options.limit,
    );
    const head = ['seq', 'at', 'actor', 'action', 'database', 'detail'];
    session.terminal.print(events, table(head, events.map(rowOf)));
  },
});

const rowOf = ({ seq, at, actor, action, database, detail }: AuditEvent): string[] => [
  String(seq),
  at,
  actor,
  action,
  database ?? '-',
  JSON.stringify(detail),
];
