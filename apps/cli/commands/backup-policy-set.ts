import { Argument, Option } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import { answer } from '../api/client.js';
import { given } from '../api/given.js';
import type { BackupPolicy } from '../api/documents.js';
import { policyLines } from '../backups/policy-text.js';
import { databasePath, environmentName } from '../databases/reference.js';
import { isRefusal, type Problem } from '../failure/refusal.js';
import { wholeNumber } from '../options.js';
import type { Session } from '../session.js';
import { defineVerb } from '../verb.js';

interface SetOptions extends Partial<Omit<BackupPolicy, 'store' | 'copyStore'>> {
  /** False names none. */
  readonly store?: string | false;
  readonly copyStore?: string | false;
  readonly database?: string;
  readonly reset?: boolean;
  readonly force?: boolean;
}

export const verb = defineVerb<SetOptions, [string | undefined]>({
  summary: 'Change what an environment promises for backups',
  operands: [new Argument('[environment]', 'its name; not needed when there is only one')],
  options: [
    new Option('--daily <count>', 'days that keep their last backup').argParser(wholeNumber),
    new Option('--monthly <count>', 'months that keep their last backup').argParser(wholeNumber),
    new Option('--yearly <count>', 'years that keep their last backup').argParser(wholeNumber),
    new Option('--make-copy', 'copy each automatic backup to the second store'),
    new Option('--no-make-copy', 'make no copies'),
    new Option('--keep-final', 'take a last backup when a database is deprovisioned'),
    new Option('--no-keep-final', 'take none'),
    new Option('--schedule <cron>', 'when automatic backups are taken: five fields'),
    new Option('--time-zone <name>', 'of the schedule and of days, months and years, such as Europe/Berlin'),
    new Option('--store <name>', 'where backups lie'),
    new Option('--no-store', 'name none: they lie in the first one of the file'),
    new Option('--copy-store <name>', 'where copies lie'),
    new Option('--no-copy-store', 'name none: where copies are made, they lie in the first other one'),
    new Option('--maximum-age-hours <hours>', 'alert when a database has had no verified backup for so long').argParser(
      wholeNumber,
    ),
    new Option('--database <handle>', 'change it for one database only'),
    new Option('--reset', 'with --database: it follows its environment again in all that is not named'),
    new Option('--force', 'do not ask before backups go'),
  ],
  notes:
    'What is not named stays as it is. A policy that keeps less deletes automatic backups; it lists them and asks first. `holdfast db:disable-backups` switches those of one database off.',
  examples: [
    'holdfast backup-policy:set production --daily 14 --monthly 12 --yearly 5',
    'holdfast backup-policy:set production --schedule "30 3 * * *" --time-zone Europe/Berlin',
    'holdfast backup-policy:set production --no-make-copy --no-copy-store',
    'holdfast backup-policy:set production --database cache --daily 1 --force',
    'holdfast backup-policy:set production --database cache --reset',
  ],
  async run(session, { database, force = false, ...wanted }, name) {
    const environment = await environmentName(session, name === undefined ? {} : { environment: name });
    const send = await sender(session, environment, database, wanted);
    const { document, policy } = await send(force).catch(async (error: unknown) => {
      if (!isRefusal(error, 'backup_policy_would_delete')) throw error;
      await requireConsent(session, error.problem);
      return send(true);
    });
    session.terminal.print(document, policyLines(policy));
  },
});

/** What a database may have of its own; null is what the environment says. */
const environmentsOwn = {
  daily: null,
  monthly: null,
  yearly: null,
  schedule: null,
  timeZone: null,
  maximumAgeHours: null,
} as const;

const nameOf = (store: string | false | undefined): string | null | undefined => (store === false ? null : store);

const named = <Wanted extends Pick<SetOptions, 'store' | 'copyStore'>>({ store, copyStore, ...rest }: Wanted) => ({
  ...rest,
  store: nameOf(store),
  copyStore: nameOf(copyStore),
});

type Send = (confirm: boolean) => Promise<{ document: object; policy: BackupPolicy }>;

const sender = async (
  session: Session,
  environment: string,
  database: string | undefined,
  { reset = false, ...wanted }: Omit<SetOptions, 'database' | 'force'>,
): Promise<Send> => {
  const { api } = session;
  if (database === undefined) {
    if (reset) throw new HoldfastError('wrong_usage', 'Only a database can follow its environment: give --database.');
    const params = { path: { env: environment } };
    return async (confirm) => {
      const body = { ...given(named(wanted)), confirm };
      const policy = await answer(api.PUT('/v1/environments/{env}/backup-policy', { params, body }));
      return { document: policy, policy };
    };
  }
  const { makeCopy, keepFinal, store, copyStore, ...own } = wanted;
  if ([makeCopy, keepFinal, store, copyStore].some((value) => value !== undefined)) {
    throw new HoldfastError(
      'wrong_usage',
      'Copies, final backups and stores are of the environment; leave --database away.',
    );
  }
  const params = { path: { id: await databasePath(session, database, { environment }) } };
  return async (confirm) => {
    const body = { ...(reset ? environmentsOwn : {}), ...given(own), confirm };
    const document = await answer(api.PUT('/v1/databases/{id}/backup-policy', { params, body }));
    return { document, policy: document.effective };
  };
};

/** Errors: `confirmation_required`, also when there is nobody to ask. */
const requireConsent = async ({ terminal }: Session, { detail, errors = [] }: Problem): Promise<void> => {
  errors.forEach(({ path, message }) => terminal.note(`  ${path} ${message}`));
  const said = terminal.canAsk ? await terminal.ask(`${detail}\nGo on? [y/N] `) : 'no';
  if (/^y(es)?$/i.test(said.trim())) return;
  const remedy = terminal.canAsk ? 'Nothing was changed.' : 'There is no terminal to ask on; give --force.';
  throw new HoldfastError('confirmation_required', sentences(detail, remedy), {
    remedy: 'Give --force to let them go.',
  });
};
