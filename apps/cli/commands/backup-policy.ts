import { Argument, Option } from 'commander';
import { answer } from '../api/client.js';
import { policyLines } from '../backups/policy-text.js';
import { databasePath, environmentName } from '../databases/reference.js';
import { defineVerb } from '../verb.js';

interface PolicyOptions {
  readonly database?: string;
}

export const verb = defineVerb<PolicyOptions, [string | undefined]>({
  summary: 'Show what an environment promises for backups',
  operands: [new Argument('[environment]', 'its name; not needed when there is only one')],
  options: [new Option('--database <handle>', 'what holds for one database of it')],
  examples: ['holdfast backup-policy production', 'holdfast backup-policy production --database orders -o json'],
  async run(session, { database }, name) {
    const { api, terminal } = session;
    const environment = await environmentName(session, name === undefined ? {} : { environment: name });
    if (database === undefined) {
      const path = { env: environment };
      const policy = await answer(api.GET('/v1/environments/{env}/backup-policy', { params: { path } }));
      return terminal.print(policy, policyLines(policy));
    }
    const path = { id: await databasePath(session, database, { environment }) };
    const policy = await answer(api.GET('/v1/databases/{id}/backup-policy', { params: { path } }));
    terminal.print(policy, policyLines(policy.effective));
  },
});
