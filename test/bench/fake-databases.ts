import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { serverPaths } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { newId, type Control } from '#operations/control.js';
import { generatePassword } from '#operations/secrets/generate.js';
import { credentialContext } from '#operations/secrets/secret-box.js';
import { serverFiles } from '#operations/server/files.js';
import { openAuthority } from '#operations/server/material.js';
import { containerSpec, networkSpec, serverOf, volumeSpec } from '#operations/server/server.js';
import { insertCredentials } from '#persistence/credentials.js';
import { insertDatabase } from '#persistence/databases.js';
import { insertEnvironment, takeAddress } from '#persistence/environments.js';
import { findInstallation } from '#persistence/installation.js';
import type { DatabaseRow, EnvironmentRow } from '#persistence/tables.js';
import type { FakeInstallation } from '../support/fake-installation.js';

/** Fewer than an environment has addresses for. */
const perEnvironment = 500;

/** Databases `from` up to `to` that are ready, each with a fake server behind it: nothing but what a sweep looks at. */
export const standFakes = async (installation: FakeInstallation, from: number, to: number): Promise<void> => {
  const { control } = installation;
  for (let at = from; at < to; at += perEnvironment) {
    const environment = await control.db.transaction().execute((tx) => insertEnvironment(tx, newId(), `e-${at}`, 1000));
    await installation.host.ensureNetwork(networkSpec(control, environment), never());
    for (let index = at; index < Math.min(to, at + perEnvironment); index++) {
      await standFake(installation, environment, `fake-${index}`);
    }
  }
};

const never = (): AbortSignal => new AbortController().signal;

const standFake = async (
  installation: FakeInstallation,
  environment: EnvironmentRow,
  handle: string,
): Promise<void> => {
  const { control, host } = installation;
  const passwords = { tenant: [generatePassword()], manager: generatePassword() };
  const database = await recordFake(control, environment, handle, passwords);
  const server = serverOf(control, database, environment);
  await host.ensureVolume(volumeSpec(server, environment), never());
  await host.createContainer(containerSpec(control, server, database, environment, newId()), never());
  const authority = await authorityOf(control);
  const certificate = await new X509CertificateAuthority().issue(authority, {
    ...{ dnsNames: [server.name], ipAddresses: [] },
    ...{ notBefore: new Date(0), notAfter: new Date('2099-01-01') },
  });
  const files = serverFiles(server, {
    ...{ certificate, passwords, authorityPem: authority.certificatePem },
    ...{ role: { kind: 'primary', followers: 0 }, followers: [], existingUsers: null },
  });
  await host.writeFiles(server.name, serverPaths.root, files, never());
  await host.startContainer(server.name, never());
};

const authorityOf = async (control: Control) => {
  const installation = await findInstallation(control.db);
  if (!installation) throw new Error('There is no installation');
  return openAuthority({ control, installation });
};

const recordFake = (
  { db, secrets }: Control,
  environment: EnvironmentRow,
  handle: string,
  passwords: { readonly tenant: readonly string[]; readonly manager: string },
): Promise<DatabaseRow> =>
  db.transaction().execute(async (tx) => {
    const id = newId();
    const row = await insertDatabase(tx, {
      ...{ id, handle, environment_id: environment.id, version: '8.0', image: 'holdfast/redis:8.0' },
      ...{ tls_protocols: ['TLSv1.2', 'TLSv1.3'], persistence: 'aof', memory_mb: 64, disk_gb: 1, tls_only: true },
      ...{ maxmemory_policy: 'noeviction', deletion_protection: false, status: 'provisioned', health: 'healthy' },
      address_index: await takeAddress(tx, environment.id, id),
    });
    const seal = (username: string, password: string) => ({
      username,
      passwordSealed: secrets.seal(password, credentialContext(id, username)),
    });
    await insertCredentials(tx, id, [
      seal(serverUsers.tenant, passwords.tenant[0] ?? ''),
      seal(serverUsers.manager, passwords.manager),
    ]);
    return row;
  });
