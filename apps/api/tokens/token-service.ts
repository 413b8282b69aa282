import { toPage, type Page } from '#contracts/http/page.js';
import type { CreateToken, Token } from '#contracts/http/tokens.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { newId, type Control } from '#operations/control.js';
import { auditEvent } from '#operations/requests/audit.js';
import { generateToken, tokenHash } from '#operations/secrets/generate.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { pageTokens } from '#persistence/pages/tokens.js';
import type { TokenRow } from '#persistence/tables.js';
import { insertToken, revokeToken } from '#persistence/tokens.js';
import type { Authentication } from '../http/authentication.js';
import { isUuid } from '../http/references.js';

const toToken = (row: TokenRow): Token => ({
  id: row.id,
  name: row.name,
  permissions: row.permissions,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

export class TokenService {
  constructor(
    private readonly control: Control,
    private readonly authentication: Authentication,
  ) {}

  async list(limit: number, after: string | undefined): Promise<Page<Token>> {
    const rows = await pageTokens(this.control.db, { limit: limit + 1, after });
    return toPage(rows, limit, (row) => row.id, toToken);
  }

  /** Returns the secret as well, this once. Errors: `invalid_request` for a date that has passed. */
  async create(tx: Tx, actor: string, request: CreateToken): Promise<Token & { token: string }> {
    const token = generateToken();
    const row = await insertToken(tx, {
      id: newId(),
      name: request.name,
      secret_hash: tokenHash(token),
      permissions: [...new Set(request.permissions)],
      created_by: actor,
      expires_at: this.expiry(request.expiresAt),
    });
    const detail = { tokenId: row.id, name: row.name, permissions: row.permissions };
    await appendAudit(tx, auditEvent(this.control.now(), actor, 'token.created', {}, detail));
    return { ...toToken(row), token };
  }

  /** Errors: `not_found`. */
  async revoke(actor: string, id: string): Promise<void> {
    await this.control.db.transaction().execute(async (tx) => {
      if (!isUuid(id) || !(await revokeToken(tx, id))) {
        throw new HoldfastError('not_found', `No token in force has the id ${JSON.stringify(id)}.`);
      }
      await appendAudit(tx, auditEvent(this.control.now(), actor, 'token.revoked', {}, { tokenId: id }));
    });
    this.authentication.forget();
  }

  private expiry(text: string | undefined): Date | null {
    if (text === undefined) return null;
    const at = new Date(text);
    if (at > this.control.now()) return at;
    throw new HoldfastError('invalid_request', 'The token would have expired already.', {
      problems: [{ path: 'expiresAt', message: 'must lie in the future' }],
    });
  }
}
