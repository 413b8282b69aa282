import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { tokenHash } from '#operations/secrets/generate.js';
import type { Db } from '#persistence/connection.js';
import type { TokenRow } from '#persistence/tables.js';
import { useToken } from '#persistence/tokens.js';
import type { Caller } from './caller.js';

/** How long a token may still work after another process has revoked it. */
const trustedMs = 2_000;
const entriesAtMost = 1_000;

interface Known {
  readonly token: TokenRow;
  readonly lookedUpAt: number;
}

/** Tells who sends a token. Tokens are looked up once in two seconds, so that a busy client does not double the load of Postgres. */
export class Authentication {
  private readonly known = new Map<string, Known>();

  constructor(private readonly db: Db) {}

  /** Takes the value of an `Authorization` header. Errors: `unauthenticated`. */
  async bearer(header: string | undefined): Promise<Caller> {
    const secret = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
    if (secret === undefined) throw new HoldfastError('unauthenticated', 'The request carries no bearer token.');
    return this.callerWith(secret);
  }

  /** As `bearer`; for browsers a token is also taken as the password of HTTP Basic, with any user name. */
  async bearerOrBasic(header: string | undefined): Promise<Caller> {
    const encoded = /^Basic +(\S+)$/i.exec(header ?? '')?.[1];
    if (encoded === undefined) return this.bearer(header);
    const credentials = Buffer.from(encoded, 'base64').toString('utf8');
    return this.callerWith(credentials.slice(credentials.indexOf(':') + 1));
  }

  /** Makes a revocation in this process count at once. */
  forget(): void {
    this.known.clear();
  }

  private async callerWith(secret: string): Promise<Caller> {
    const token = await this.lookUp(tokenHash(secret));
    if (!token) throw new HoldfastError('unauthenticated', 'The token is unknown, expired or revoked.');
    return { actor: `token:${token.name}`, id: token.id, permissions: token.permissions };
  }

  private async lookUp(hash: string): Promise<TokenRow | undefined> {
    const known = this.known.get(hash);
    if (known && Date.now() - known.lookedUpAt < trustedMs && !hasExpired(known.token)) return known.token;
    const token = await useToken(this.db, hash);
    if (this.known.size >= entriesAtMost) this.known.clear();
    if (token) this.known.set(hash, { token, lookedUpAt: Date.now() });
    else this.known.delete(hash);
    return token;
  }
}

const hasExpired = (token: TokenRow): boolean => token.expires_at !== null && token.expires_at.getTime() <= Date.now();
