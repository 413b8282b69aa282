import { Argument } from 'commander';
import { answer } from '../api/client.js';
import { doorOptions } from '../databases/door-options.js';
import { doorOf, openDoor, type DoorChoice } from '../databases/door.js';
import { runRedisCli } from '../databases/redis-cli.js';
import { findDatabase } from '../databases/reference.js';
import { exitCodes } from '../failure/exit-codes.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions & Partial<DoorChoice>, [string, string[]]>({
  summary: 'Open redis-cli on a database, over TLS',
  operands: [databaseOperand(), new Argument('[words...]', 'a command, or options of redis-cli after --')],
  options: [...environmentOptions(), ...doorOptions()],
  notes: 'It needs redis-cli 6 or newer on this machine. The password is never an argument, which others could see.',
  examples: [
    'holdfast db:cli orders',
    'holdfast db:cli orders INFO replication',
    'holdfast db:cli orders -- --latency',
  ],
  async run(session, options, handle, words) {
    const database = await findDatabase(session, handle, options);
    const door = await openDoor(session, database, doorOf(database, options));
    const params = { path: { id: database.id } };
    const { authorityPem } = await answer(session.api.GET('/v1/databases/{id}/certificate', { params }));
    const exitCode = await runRedisCli(door, authorityPem, words, session.environment);
    return exitCode === 0 ? exitCodes.done : exitCodes.failed;
  },
});
