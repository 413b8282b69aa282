import { Option } from 'commander';
import { answer } from '../api/client.js';
import type { Sweep } from '../api/documents.js';
import { given } from '../api/given.js';
import { detachOption, type DetachOptions } from '../options.js';
import { awaitSweep } from '../sweeps/await-sweep.js';
import { databaseFindings } from '../sweeps/findings.js';
import { columns, fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

interface Options extends DetachOptions {
  readonly dryRun?: boolean;
  readonly asOf?: string;
}

export const verb = defineVerb<Options>({
  summary: 'Mark the databases whose version has passed a date, and unmark those that were upgraded or exempted',
  options: [
    new Option('--dry-run', 'only say what would be done'),
    new Option('--as-of <date>', 'say what would be done on that day, YYYY-MM-DD; it marks nothing'),
    detachOption(),
  ],
  notes: 'It changes no running database, and tells each change once. Ends with code 1 only when the sweep fails.',
  examples: [
    'holdfast sweep:deprecation',
    'holdfast sweep:deprecation --dry-run',
    'holdfast sweep:deprecation --as-of 2027-01-01 -o json',
  ],
  async run(session, { dryRun, asOf, detach }) {
    const body = { kind: 'deprecation' as const, ...given({ dryRun, asOf }) };
    const asked = await answer(session.api.POST('/v1/sweeps', { body }));
    if (detach) {
      session.terminal.print(asked, [`The sweep is ${asked.id}.`]);
      return 0;
    }
    const sweep = await awaitSweep(session, asked.id);
    session.terminal.print(sweep, describe(sweep));
    return sweep.status === 'succeeded' ? 0 : 1;
  },
});

const describe = ({ counts, error, findings, dryRun, asOf }: Sweep): string[] => {
  const would = dryRun ? 'would be ' : '';
  return [
    ...fields({
      error,
      'as of': asOf,
      databases: counts && counts.databases,
      [`${would}marked`]: counts && (counts.marked ?? 0),
      [`${would}unmarked`]: counts && (counts.unmarked ?? 0),
      deprecated: counts && (counts.byFinding['deprecated'] ?? 0),
      'past their end of life': counts && (counts.byFinding['end_of_life'] ?? 0),
      'not in the catalogue': counts && (counts.byFinding['unlisted'] ?? 0),
      exempted: counts && (counts.byFinding['exempted'] ?? 0),
      took: counts && `${counts.durationMs} ms`,
    }),
    ...columns(
      databaseFindings(findings).map(({ handle, found, lifecycle }) => [
        handle,
        found,
        { mark: `${would}marked`, unmark: `${would}unmarked`, none: '' }[lifecycle?.change ?? 'none'],
      ]),
    ),
  ];
};
