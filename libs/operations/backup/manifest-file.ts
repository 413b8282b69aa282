import { createHmac, hkdfSync } from 'node:crypto';
import { backupManifestSchema, manifestFileSchema, type BackupManifest } from '#contracts/backup-manifest.js';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { SecretBox } from '../secrets/secret-box.js';
import { openEnvelope, sealEnvelope, type Envelope } from './envelope.js';

/** A manifest that is what its backup wrote, with what opens the data. */
export interface OpenedManifest {
  readonly manifest: BackupManifest;
  readonly envelope: Envelope;
  readonly sealedEnvelope: string;
}

/** In the order of its schema, as it will be read. One that could not be read again is never written: its error is that of the schema. */
export const writeManifest = (
  secrets: SecretBox,
  wanted: BackupManifest,
  envelope: Envelope,
): { readonly file: Buffer; readonly sealedEnvelope: string } => {
  const manifest = backupManifestSchema.parse(wanted);
  const sealedEnvelope = sealEnvelope(secrets, manifest.backupId, envelope);
  const file = { manifest, envelope: sealedEnvelope, mac: macOf(manifest, envelope) };
  return { file: Buffer.from(JSON.stringify(file)), sealedEnvelope };
};

/**
 * The manifest of this backup, whole and unchanged: the bytes must be exactly those that would be written.
 * Errors: `backup_corrupt`, also for the manifest of another backup or under another key of the same version; `master_key_unknown`.
 */
export const readManifest = (secrets: SecretBox, backupId: string, file: Buffer): OpenedManifest => {
  try {
    const parsed = parse(file);
    if (parsed.manifest.backupId !== backupId) throw new Error(`it belongs to the backup ${parsed.manifest.backupId}`);
    if (!file.equals(Buffer.from(JSON.stringify(parsed)))) throw new Error('it was changed');
    const envelope = openEnvelope(secrets, backupId, parsed.envelope);
    if (parsed.mac !== macOf(parsed.manifest, envelope)) throw new Error('it was changed');
    return { manifest: parsed.manifest, envelope, sealedEnvelope: parsed.envelope };
  } catch (error) {
    if (isHoldfastError(error, 'master_key_unknown')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('backup_corrupt', `The manifest of the backup ${backupId} cannot be used: ${reason}.`, {
      cause: error,
    });
  }
};

/** What exactly is wrong with the form of changed bytes helps nobody. */
const parse = (file: Buffer) => {
  try {
    return manifestFileSchema.parse(JSON.parse(file.toString('utf8')));
  } catch (cause) {
    throw new Error('it is not written as a manifest is', { cause });
  }
};

/** The same manifest under the newest master key. */
export const rewrapManifest = (secrets: SecretBox, { manifest, envelope }: OpenedManifest) =>
  writeManifest(secrets, manifest, envelope);

const macOf = (manifest: BackupManifest, { dataKey }: Envelope): string =>
  createHmac('sha256', Buffer.from(hkdfSync('sha256', dataKey, '', 'holdfast backup manifest', 32)))
    .update(JSON.stringify(manifest))
    .digest('hex');
