import { Option } from 'commander';
import { answer } from '../api/client.js';
import { databasePath } from '../databases/reference.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

interface Options extends EnvironmentOptions {
  readonly reason: string;
  readonly until: string;
}

export const verb = defineVerb<Options, [string]>({
  summary: 'Let a database off from the deprecation sweep, up to and with a day',
  operands: [databaseOperand()],
  options: [
    ...environmentOptions(),
    new Option('--reason <text>', 'why; whoever looks at the database reads it').makeOptionMandatory(),
    new Option('--until <date>', 'the last day, YYYY-MM-DD in UTC').makeOptionMandatory(),
  ],
  fields: { endsOn: '--until' },
  notes:
    'The next sweep takes its mark; the first one after that day marks it again. The version is refused for new databases all the same. It needs the permission "admin".',
  examples: ['holdfast db:exempt orders --reason "moves with release 12" --until 2027-03-31'],
  async run(session, { reason, until, ...options }, handle) {
    const path = { id: await databasePath(session, handle, options) };
    const body = { reason, endsOn: until };
    const database = await answer(session.api.PUT('/v1/databases/{id}/exemption', { params: { path }, body }));
    session.terminal.print(database, [`${database.handle} is exempted until ${database.exemption?.endsOn ?? until}.`]);
  },
});
