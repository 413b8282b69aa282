import { answer } from '../api/client.js';
import type { Database } from '../api/documents.js';
import { given } from '../api/given.js';
import { itemsOf } from '../api/pages.js';
import { givenEnvironment } from '../databases/reference.js';
import { environmentOptions, type EnvironmentOptions } from '../options.js';
import { columns } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions>({
  summary: 'List the databases, by environment',
  options: environmentOptions(),
  examples: ['holdfast db:list', 'holdfast db:list -e staging', 'holdfast db:list -o json'],
  async run({ api, terminal }, options) {
    const environment = given({ environment: givenEnvironment(options) });
    const databases = await itemsOf((page) =>
      answer(api.GET('/v1/databases', { params: { query: { ...page, ...environment } } })),
    );
    terminal.print(databases, grouped(databases));
  },
});

type Listed = Pick<Database, 'environment' | 'handle' | 'role' | 'status' | 'health' | 'lifecycleMark'>;

/** The reference's form: the environment, then the handles, an empty line between groups. What each one is stands beside it. */
export const grouped = (databases: readonly Listed[]): string[] => {
  const groups = new Map<string, string[][]>();
  for (const { environment, handle, role, status, health, lifecycleMark } of databases) {
    groups.set(environment, [
      ...(groups.get(environment) ?? []),
      [handle, role, status, health, lifecycleMark?.lifecycle.toUpperCase() ?? ''],
    ]);
  }
  return [...groups]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([environment, rows]) => ['', `=== ${environment}`, ...columns(rows.sort(byHandle))])
    .slice(1);
};

const byHandle = ([left = '']: readonly string[], [right = '']: readonly string[]): number => (left < right ? -1 : 1);
