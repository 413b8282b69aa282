import { doorOf, openDoor, type DoorChoice } from '../databases/door.js';
import { doorOptions } from '../databases/door-options.js';
import { findDatabase } from '../databases/reference.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions & Partial<DoorChoice>, [string]>({
  summary: 'Print the URL of a database, with its password',
  operands: [databaseOperand()],
  options: [...environmentOptions(), ...doorOptions()],
  notes:
    'Each look at a password is recorded in the history. The certificate of a TLS door is checked with `holdfast ca`.',
  examples: [
    'holdfast db:url orders',
    'holdfast db:url orders --type redis --follows database',
    'holdfast db:url orders-2 --follows primary',
  ],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const { url } = await openDoor(session, database, doorOf(database, options));
    session.terminal.print({ url }, [url]);
  },
});
