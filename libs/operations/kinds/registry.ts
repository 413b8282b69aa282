import type { OperationKind } from '#domain/operation/kinds.js';
import { drive } from '../run/drive.js';
import type { AttemptContext } from '../run/context.js';
import type { Journal } from '../run/journal.js';
import { backupSnapshot } from './backup-snapshot.js';
import { configure } from './configure.js';
import { copyBackup } from './copy-backup.js';
import { discard } from './discard.js';
import { deprovision } from './deprovision.js';
import { goBack } from './go-back.js';
import type { KindHandler } from './kind.js';
import { importKind } from './import.js';
import { promote } from './promote.js';
import { provision } from './provision.js';
import { purgeBackup } from './purge-backup.js';
import { reload } from './reload.js';
import { repair } from './repair.js';
import { replicate } from './replicate.js';
import { resize } from './resize.js';
import { rename } from './rename.js';
import { renewCertificate } from './renew-certificate.js';
import { retireCredentials } from './retire-credentials.js';
import { rotateCredentials } from './rotate-credentials.js';
import { restart } from './restart.js';
import { restore } from './restore.js';
import { upgrade } from './upgrade.js';
import { unlink } from './unlink.js';
import { verifyBackup } from './verify-backup.js';

/** A handler with its situation and actions hidden, so that all kinds look alike. */
export interface KindRunner extends Pick<
  KindHandler<never, never>,
  'compensate' | 'perseveres' | 'untouched' | 'ended' | 'receipt'
> {
  /** Names of its steps. */
  readonly steps: readonly string[];
  drive(context: AttemptContext, journal: Journal): Promise<void>;
}

const runner = <Situation, Action extends string>(handler: KindHandler<Situation, Action>): KindRunner => ({
  ...(handler.compensate ? { compensate: handler.compensate } : {}),
  ...(handler.perseveres ? { perseveres: handler.perseveres } : {}),
  ...(handler.untouched ? { untouched: handler.untouched } : {}),
  ...(handler.ended ? { ended: handler.ended } : {}),
  receipt: handler.receipt,
  steps: Object.keys(handler.actions),
  drive: (context, journal) => drive(handler, context, journal),
});

/** Exactly one handler for each kind; a missing one does not compile. */
export const kindRunners: Record<OperationKind, KindRunner> = {
  provision: runner(provision),
  restart: runner(restart),
  reload: runner(reload),
  replicate: runner(replicate),
  promote: runner(promote),
  unlink: runner(unlink),
  upgrade: runner(upgrade),
  'go-back': runner(goBack),
  discard: runner(discard),
  repair: runner(repair),
  configure: runner(configure),
  resize: runner(resize),
  'rotate-credentials': runner(rotateCredentials),
  rename: runner(rename),
  'renew-certificate': runner(renewCertificate),
  'retire-credentials': runner(retireCredentials),
  deprovision: runner(deprovision),
  'backup-snapshot': runner(backupSnapshot),
  'verify-backup': runner(verifyBackup),
  'copy-backup': runner(copyBackup),
  'purge-backup': runner(purgeBackup),
  restore: runner(restore),
  import: runner(importKind),
};
