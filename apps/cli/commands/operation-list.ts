import { Option } from 'commander';
import { operationKindNames } from '#domain/operation/kinds.js';
import { operationStatuses } from '#domain/operation/state-machine.js';
import { answer } from '../api/client.js';
import type { Operation } from '../api/documents.js';
import { given } from '../api/given.js';
import { itemsOf } from '../api/pages.js';
import { databasePath } from '../databases/reference.js';
import { environmentOptions, limitOption, type EnvironmentOptions } from '../options.js';
import { table } from '../text/columns.js';
import { durationBetween } from '../text/duration.js';
import { defineVerb } from '../verb.js';

interface ListOptions extends EnvironmentOptions {
  readonly database?: string;
  readonly type?: Operation['type'];
  readonly status?: Operation['status'];
  readonly actor?: string;
  readonly limit: number;
}

export const verb = defineVerb<ListOptions>({
  summary: 'List operations, the newest first',
  options: [
    ...environmentOptions(),
    new Option('--database <handle>', 'only those of this database'),
    new Option('--type <type>', 'only this kind').choices(operationKindNames),
    new Option('--status <status>', 'only those in this state').choices(operationStatuses),
    new Option('--actor <name>', 'only those that this one asked for'),
    limitOption(25),
  ],
  examples: ['holdfast operation:list', 'holdfast operation:list --database orders --status failed'],
  async run(session, options) {
    const { type, status, actor } = options;
    const database = options.database && (await databasePath(session, options.database, options));
    const environment = database === undefined ? (options.environment ?? options.env) : undefined;
    const filter = given({ environment, database, type, status, actor });
    const operations = await itemsOf(
      (page) => answer(session.api.GET('/v1/operations', { params: { query: { ...page, ...filter } } })),
      options.limit,
    );
    const head = ['id', 'type', 'database', 'status', 'requested', 'took', 'by'];
    session.terminal.print(operations, table(head, operations.map(rowOf)));
  },
});

const rowOf = ({ id, type, databases, status, createdAt, finishedAt, requestedBy }: Operation): string[] => [
  id,
  type,
  // The subject; `operation:show` has the others.
  databases[0]?.handle ?? '-',
  status,
  createdAt,
  finishedAt === null ? '-' : durationBetween(createdAt, finishedAt),
  requestedBy,
];
