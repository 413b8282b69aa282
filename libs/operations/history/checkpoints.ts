import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { checkpointText, type ChainPosition, type Checkpoint } from '#domain/audit/chain.js';
import { readHead } from '#persistence/audit/read.js';
import type { Db } from '#persistence/connection.js';
import type { SecretBox } from '../secrets/secret-box.js';

const purpose = 'audit-checkpoint';
/** PKCS#8 of an Ed25519 key is this prefix and the 32 bytes of the seed (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKey = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });

/**
 * Signed statements of where the chain was, one JSON line each, in a file outside the database. Whoever can rewrite the
 * database can recompute its hashes, but not these: the key comes from the master key. Keep copies off the machine.
 */
export class CheckpointFile {
  constructor(
    private readonly path: string,
    private readonly secrets: SecretBox,
  ) {}

  /** Signs the present end of the chain. */
  async add(db: Db, at: Date): Promise<Checkpoint | null> {
    return this.sign(await readHead(db), at);
  }

  /** Writes nothing when the last checkpoint says the same. */
  async sign(head: ChainPosition, at: Date): Promise<Checkpoint | null> {
    const last = (await this.read()).at(-1);
    if (head.seq === 0 || (last?.seq === head.seq && last.hash === head.hash)) return null;
    const { version, key } = this.secrets.derive(purpose);
    const unsigned = { ...head, at: at.toISOString(), keyId: String(version) };
    const signature = sign(null, Buffer.from(checkpointText(unsigned)), privateKey(key)).toString('base64');
    const checkpoint = { ...unsigned, signature };
    await appendDurably(this.path, `${JSON.stringify(checkpoint)}\n`);
    return checkpoint;
  }

  /** Oldest first; empty when there is no file yet. A line cut short by a crash is passed over. */
  async read(): Promise<Checkpoint[]> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Checkpoint);
  }

  isAuthentic(checkpoint: Checkpoint): boolean {
    const seed = this.secrets.deriveVersion(Number(checkpoint.keyId), purpose);
    if (!seed) return false;
    const key = createPublicKey(privateKey(seed));
    return verify(null, Buffer.from(checkpointText(checkpoint)), key, Buffer.from(checkpoint.signature, 'base64'));
  }

  /** For verification elsewhere, in PEM. */
  publicKeyPem(): string {
    return createPublicKey(privateKey(this.secrets.derive(purpose).key))
      .export({ type: 'spki', format: 'pem' })
      .toString();
  }
}

const appendDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'a+', 0o600);
  try {
    // A crash may have cut the last line short; the next one must not be glued to it.
    const { size } = await file.stat();
    const isWhole = size === 0 || (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString() === '\n';
    await file.appendFile(isWhole ? text : `\n${text}`);
    await file.sync();
  } finally {
    await file.close();
  }
};
