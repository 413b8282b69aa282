import { Argument, Option } from 'commander';
import { persistenceModes, type PersistenceMode } from '#domain/database/persistence.js';
import { diskBoundsGb, memoryBoundsMb } from '#domain/database/size.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Import, Operation } from '../api/documents.js';
import { given } from '../api/given.js';
import { importFile, importUrl } from '../backups/import-request.js';
import { refuseDirectory } from '../backups/rdb-file.js';
import { sourceUrl, textOf, type SourceOptions } from '../backups/import-source.js';
import { shownUrl } from '../databases/door.js';
import { databaseAt, environmentName } from '../databases/reference.js';
import { sizeOptions, sizesIn, type SizeOptions } from '../databases/size-options.js';
import { unlessDetached } from '../operations/outcome.js';
import { detachOption, environmentOptions, type DetachOptions, type EnvironmentOptions } from '../options.js';
import type { Session } from '../session.js';
import { defineVerb } from '../verb.js';

interface ImportOptions extends EnvironmentOptions, DetachOptions, SourceOptions, SizeOptions {
  readonly file?: string;
  readonly version?: string;
  readonly persistence?: PersistenceMode;
  readonly caFile?: string;
  readonly insecure?: boolean;
}

const sources = ['file', 'from', 'fromEnv', 'fromFile'] as const;

export const verb = defineVerb<ImportOptions, [string]>({
  summary: 'Make a new database of an RDB file, or of what another Redis holds, and print its URL',
  operands: [new Argument('<handle>', 'name of the new database')],
  options: [
    new Option('--file <path>', 'an RDB file; - is the standard input'),
    new Option('--from-env <name>', 'the environment variable that holds the URL of the source, redis:// or rediss://'),
    new Option('--from-file <path>', 'the file that holds it'),
    new Option('--from <url>', 'the URL itself, for one without a password'),
    ...environmentOptions(),
    new Option('--version <version>', 'such as 8.0; no older than the data'),
    new Option('--persistence <mode>', 'of the new database').choices(persistenceModes),
    ...sizeOptions(
      `memory, which must hold the data (${memoryBoundsMb.default} when not given)`,
      `disk (${diskBoundsGb.default} when not given)`,
    ),
    new Option('--ca-file <path>', "the authority of a rediss:// source; whom Holdfast's host trusts when not given"),
    new Option('--insecure', 'do not verify the certificate of a rediss:// source'),
    detachOption(),
  ],
  fields: { sourceUrl: '--from…', tlsCaPem: '--ca-file' },
  notes: `Without --file and --from… the URL is asked for. A source that does not let itself be copied is read key by key,
which is no snapshot; the receipt says which way it was. The host of Holdfast has to reach the source.`,
  examples: [
    'holdfast backup:import orders --file dump.rdb --container-size 512',
    'holdfast backup:import orders --from-env SOURCE',
    'holdfast backup:import orders --from-file ./source-url --ca-file ./ca.pem',
  ],
  async run(session, options, handle) {
    const requested = await request(session, options, handle);
    session.terminal.note(`Importing into "${handle}"; the data are the backup ${requested.backupId}.`);
    const operation = await unlessDetached(session, requested.operation, options);
    if (operation) await printImported(session, requested, operation);
  },
});

const request = async (session: Session, options: ImportOptions, handle: string): Promise<Import> => {
  const named = sources.filter((source) => options[source] !== undefined);
  if (named.length > 1)
    throw new HoldfastError('wrong_usage', 'Give one of --file, --from-env, --from-file and --from.');
  const { file, caFile, insecure } = options;
  const wishes = {
    handle,
    ...sizesIn(options),
    ...given({
      version: options.version,
      persistence: options.persistence,
    }),
  };
  if (file !== undefined) {
    if (caFile !== undefined || insecure)
      throw new HoldfastError('wrong_usage', 'A file has no certificate to verify.');
    if (file !== '-') await refuseDirectory(file);
    return importFile(session, await environmentName(session, options), file, wishes);
  }
  const url = await sourceUrl(session, options);
  const tls = given({ tlsCaPem: caFile === undefined ? undefined : await textOf(caFile), insecure });
  return importUrl(session, await environmentName(session, options), { ...wishes, sourceUrl: url, ...tls });
};

const printImported = async (session: Session, { backupId }: Import, operation: Operation): Promise<void> => {
  const database = await databaseAt(session, operation.receipt?.databaseId ?? '');
  if (operation.receipt?.method === 'scan') {
    session.terminal.note('The keys were read one by one: it is no snapshot of one moment.');
  }
  const url = await shownUrl(session, database);
  session.terminal.print({ database, operation, backupId, url }, url === null ? [] : [url]);
};
