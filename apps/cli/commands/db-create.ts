import { Argument, Option } from 'commander';
import { persistenceModes, type PersistenceMode } from '#domain/database/persistence.js';
import { diskBoundsGb, maxmemoryPolicies, memoryBoundsMb, type MaxmemoryPolicy } from '#domain/database/size.js';
import { answer } from '../api/client.js';
import { given } from '../api/given.js';
import { databaseAt, environmentName } from '../databases/reference.js';
import { shownUrl } from '../databases/door.js';
import { sizeOptions, sizesIn, type SizeOptions } from '../databases/size-options.js';
import { detachedNote, followToSuccess } from '../operations/outcome.js';
import { followedOptions, type FollowedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

interface CreateOptions extends FollowedOptions, SizeOptions {
  readonly version?: string;
  readonly persistence?: PersistenceMode;
  readonly tlsOnly?: boolean;
  readonly maxmemoryPolicy?: MaxmemoryPolicy;
  readonly deletionProtection?: boolean;
}

export const verb = defineVerb<CreateOptions, [string]>({
  summary: 'Provision a database and print its URL',
  operands: [new Argument('<handle>', 'name of the new database')],
  options: followedOptions(
    new Option('--type <type>', 'kind of database').choices(['redis']),
    new Option('--version <version>', 'such as 8.0-aof (AOF and RDB), 8.0 (RDB only) or 8.0-nordb (memory only)'),
    new Option('--persistence <mode>', 'the mode, said plainly').choices(persistenceModes),
    ...sizeOptions(
      `memory (${memoryBoundsMb.default} when not given)`,
      `disk (${diskBoundsGb.default} when not given)`,
    ),
    new Option('--tls-only', 'no unencrypted port'),
    new Option('--maxmemory-policy <policy>', 'what goes when the memory is full').choices(maxmemoryPolicies),
    new Option('--deletion-protection', 'refuse to deprovision it until `holdfast db:unprotect`'),
  ),
  notes: 'The URL, with its password, is all that goes to the standard output. It stays the same after a promotion.',
  examples: [
    'holdfast db:create orders',
    'holdfast db:create cache --type redis --version 8.0-nordb --container-size 512 --maxmemory-policy allkeys-lru',
    'URL=$(holdfast db:create orders -e staging)',
  ],
  async run(session, options, handle) {
    const { api, terminal } = session;
    const path = { env: await environmentName(session, options) };
    const body = bodyOf(handle, options);
    const created = await answer(api.POST('/v1/environments/{env}/databases', { params: { path }, body }));
    created.database.warnings.forEach((warning) => terminal.note(`Warning: ${warning}`));
    if (options.detach) return terminal.print(created, [detachedNote(created.operation)]);
    const operation = await followToSuccess(session, created.operation);
    const database = await databaseAt(session, created.database.id);
    const url = await shownUrl(session, database);
    terminal.print({ database, operation, url }, url === null ? [] : [url]);
  },
});

const bodyOf = (handle: string, options: CreateOptions) => ({
  handle,
  ...sizesIn(options),
  ...given({
    version: options.version,
    persistence: options.persistence,
    tlsOnly: options.tlsOnly,
    maxmemoryPolicy: options.maxmemoryPolicy,
    deletionProtection: options.deletionProtection,
  }),
});
