import { z } from 'zod';
import type { SecretBox } from '../secrets/secret-box.js';

/** What opens a backup and must not lie beside it in clear. */
export interface Envelope {
  /** 32 bytes, of this backup alone. */
  readonly dataKey: Buffer;
  /** The tenant's password as it was, for a restore that keeps it. Backups of before rotations have as many, oldest first. */
  readonly tenantPasswords: readonly string[];
}

const schema = z.strictObject({ dataKey: z.string(), tenantPasswords: z.array(z.string()) });

const context = (backupId: string): string => `backup:${backupId}`;

export const sealEnvelope = (secrets: SecretBox, backupId: string, envelope: Envelope): string =>
  secrets.seal(
    JSON.stringify({ dataKey: envelope.dataKey.toString('base64'), tenantPasswords: envelope.tenantPasswords }),
    context(backupId),
  );

/** Throws when it was sealed under a key that is not known, for another backup, or was changed in any bit. */
export const openEnvelope = (secrets: SecretBox, backupId: string, sealed: string): Envelope => {
  const [version = '', encoded = ''] = sealed.split(':');
  // Numbers and base64 have more than one way to write the same.
  const canonical = `${Number(version)}:${Buffer.from(encoded, 'base64').toString('base64')}`;
  if (sealed !== canonical) throw new Error('The envelope is not as it was written');
  const { dataKey, tenantPasswords } = schema.parse(JSON.parse(secrets.open(sealed, context(backupId))));
  return { dataKey: Buffer.from(dataKey, 'base64'), tenantPasswords };
};

/** The version of the master key that it was sealed under. */
export const keyVersionOf = (sealed: string): number => Number(sealed.split(':', 1)[0]);
