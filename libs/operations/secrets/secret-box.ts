import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

const ivBytes = 12;
const tagBytes = 16;

export interface MasterKey {
  readonly version: number;
  readonly key: Buffer;
}

/**
 * Seals what must not lie in Postgres in clear: AES-256-GCM under the installation's master key.
 * Each text is bound to a context (what it is and whose), so that a sealed value moved to another row does not open.
 */
export class SecretBox {
  private readonly current: MasterKey;
  private readonly byVersion: ReadonlyMap<number, Buffer>;

  /** The newest version seals; all versions open. */
  constructor(keys: readonly MasterKey[]) {
    const newest = [...keys].sort((a, b) => b.version - a.version)[0];
    if (!newest) throw new Error('No master key');
    this.current = newest;
    this.byVersion = new Map(keys.map(({ version, key }) => [version, key]));
  }

  seal(text: string, context: string): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.current.key, iv).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${this.current.version}:${sealed.toString('base64')}`;
  }

  /** Throws when the text was sealed for another context, or was changed. Errors: `master_key_unknown`. */
  open(sealed: string, context: string): string {
    const [version = '', encoded = ''] = sealed.split(':');
    const key = this.byVersion.get(Number(version));
    if (!key) throw new HoldfastError('master_key_unknown', `Master key version ${version} is not known.`);
    const bytes = Buffer.from(encoded, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-tagBytes));
    return decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8');
  }

  knows(version: number): boolean {
    return this.byVersion.has(version);
  }

  holds({ version, key }: MasterKey): boolean {
    return this.byVersion.get(version)?.equals(key) ?? false;
  }

  /** Of the key that seals. */
  get version(): number {
    return this.current.version;
  }

  /** 32 bytes for another purpose, such as the key that signs audit checkpoints. */
  derive(purpose: string): { version: number; key: Buffer } {
    return { version: this.current.version, key: derived(this.current.key, purpose) };
  }

  deriveVersion(version: number, purpose: string): Buffer | null {
    const key = this.byVersion.get(version);
    return key ? derived(key, purpose) : null;
  }
}

const derived = (key: Buffer, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', key, '', purpose, 32));

export const credentialContext = (databaseId: string, username: string): string =>
  `credential:${databaseId}:${username}`;
export const ownCertificateContext = (databaseId: string): string => `own-certificate:${databaseId}`;
export const authorityContext = (installationId: string): string => `authority:${installationId}`;
export const answerContext = (callerId: string, key: string): string => `answer:${callerId}:${key}`;
