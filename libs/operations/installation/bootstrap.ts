import type { CertificateAuthority } from '#engine/ports/certificate-authority.js';
import { environmentsInPool } from '#domain/server/addresses.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { ensurePorts } from '#persistence/doors.js';
import { findEnvironment, insertEnvironment } from '#persistence/environments.js';
import { findInstallation, insertInstallation } from '#persistence/installation.js';
import { insertToken, listTokens } from '#persistence/tokens.js';
import { newId, type Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';
import { generateToken, tokenHash } from '../secrets/generate.js';
import { authorityContext } from '../secrets/secret-box.js';

const authorityYears = 10;
const actor = 'setup';

export interface BootstrapResult {
  /** Only when it was made just now: afterwards nobody can read it back. */
  readonly ownerToken: string | null;
}

/**
 * What every installation has before its first request: the edge's ports, the certificate authority, the environment `default`,
 * an owner token. The schema must be there (`migrate`). Running again adds only what is missing.
 */
export const bootstrapInstallation = async (
  control: Control,
  certificates: CertificateAuthority,
): Promise<BootstrapResult> => {
  await ensurePorts(control.db, control.ports);
  const id = newId();
  const now = control.now();
  const notAfter = new Date(now.getTime() + authorityYears * 365 * 24 * 60 * 60 * 1000);
  const authority = await certificates.createAuthority(`Holdfast ${control.installation}`, now, notAfter);
  return control.db.transaction().execute(async (tx) => {
    if (!(await findInstallation(tx))) {
      await insertInstallation(tx, {
        id,
        name: control.installation,
        ca_certificate_pem: authority.certificatePem,
        ca_private_key_sealed: control.secrets.seal(authority.privateKeyPem, authorityContext(id)),
      });
      await appendAudit(tx, auditEvent(now, actor, 'installation.created', {}, { name: control.installation }));
    }
    await ensureDefaultEnvironment(control, tx);
    return { ownerToken: await ensureOwnerToken(control, tx) };
  });
};

const ensureDefaultEnvironment = async (control: Control, tx: Tx): Promise<void> => {
  if (await findEnvironment(tx, { name: 'default' })) return;
  const environment = await insertEnvironment(tx, newId(), 'default', environmentsInPool(control.networkPool));
  const subject = { environmentId: environment.id };
  await appendAudit(tx, auditEvent(control.now(), actor, 'environment.created', subject, { name: environment.name }));
};

const ensureOwnerToken = async (control: Control, tx: Tx): Promise<string | null> => {
  const owners = (await listTokens(tx)).filter((token) => token.permissions.includes('owner') && !token.revoked_at);
  return owners.length > 0 ? null : issueOwnerToken(control, tx);
};

/** A token that may do everything. Also the way back in when the first one was lost. */
export const issueOwnerToken = async (control: Control, tx: Tx): Promise<string> => {
  const token = generateToken();
  const row = await insertToken(tx, {
    id: newId(),
    name: 'owner',
    secret_hash: tokenHash(token),
    permissions: ['owner'],
    created_by: actor,
  });
  const detail = { tokenId: row.id, name: row.name, permissions: row.permissions };
  await appendAudit(tx, auditEvent(control.now(), actor, 'token.created', {}, detail));
  return token;
};
