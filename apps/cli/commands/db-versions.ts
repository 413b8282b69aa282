import { Option } from 'commander';
import { persistenceLabels, type PersistenceMode } from '#domain/database/persistence.js';
import { answer } from '../api/client.js';
import type { Version } from '../api/documents.js';
import { given } from '../api/given.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<{ asOf?: string }>({
  summary: 'List the Redis versions, their persistence modes and their lifecycle',
  options: [new Option('--as-of <date>', 'as it will be on that day, YYYY-MM-DD')],
  examples: ['holdfast db:versions', 'holdfast db:versions --as-of 2027-01-01'],
  async run({ api, terminal }, { asOf }) {
    const { items } = await answer(api.GET('/v1/versions', { params: { query: given({ asOf }) } }));
    const head = ['version', 'persistence', 'status', 'end of life', 'deprecation', ''];
    terminal.print(items, table(head, items.flatMap(rowsOf)));
  },
});

const rowsOf = (version: Version): string[][] =>
  version.flavours.map((flavour) => {
    const mode = modeOf(flavour);
    const persistence = persistenceLabels[mode] ?? 'AOF and RDB';
    const remark = version.offered ? (version.default && mode === 'aof' ? 'default' : '') : 'not for new databases';
    return [flavour, persistence, version.status, version.eolAt ?? '-', version.deprecatedAt ?? '-', remark];
  });

const modeOf = (flavour: string): PersistenceMode =>
  flavour.endsWith('-nordb') ? 'none' : flavour.endsWith('-aof') ? 'aof' : 'rdb';
