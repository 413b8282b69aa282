import { containerName, serverPaths, serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { openLookout, type Lookout } from '#operations/drift/observe.js';
import { sweepForDrift, type SweepResult } from '#operations/drift/sweep.js';
import { trust } from '#operations/server/manager.js';
import { certificateFiles } from '#operations/server/files.js';
import { openAuthority, openPasswords } from '#operations/server/material.js';
import { containerNetwork, serverOf, type Server } from '#operations/server/server.js';
import { findEnvironment } from '#persistence/environments.js';
import type { OperationRow } from '#persistence/tables.js';
import type { FakeInstallation } from './fake-installation.js';
import { eventually } from './eventually.js';
import { databaseRow, finished } from './requests.js';

const within = (): AbortSignal => AbortSignal.timeout(30_000);

export const lookoutOn = ({ control, host, clients }: FakeInstallation): Promise<Lookout> =>
  openLookout(control, { containers: host, redis: clients })();

/** One sweep, by nobody's wish. */
export const sweepNow = async (installation: FakeInstallation): Promise<SweepResult> =>
  sweepForDrift(await lookoutOn(installation), () => Promise.resolve(), within());

/** What a sweep finds of one database. */
export const foundOf = async (installation: FakeInstallation, databaseId: string): Promise<string[]> =>
  (await sweepNow(installation)).findings.filter((found) => found.databaseId === databaseId).map(({ code }) => code);

/** The one repair that a sweep asked for, when it has ended. */
export const repaired = async (installation: FakeInstallation, databaseId: string): Promise<OperationRow> => {
  const { db } = installation.control;
  const last = await eventually(
    async () => {
      const row = await db
        .selectFrom('operations')
        .innerJoin('operation_targets', 'operation_id', 'id')
        .select('id')
        .where('database_id', '=', databaseId)
        .where('kind', '=', 'repair')
        .orderBy('id', 'desc')
        .executeTakeFirst();
      if (!row) throw new Error('No repair was asked for');
      return row;
    },
    { withinMs: 5000 },
  );
  return finished(installation, last.id);
};

export const repairsOf = async ({ control: { db } }: FakeInstallation, databaseId: string): Promise<number> =>
  (
    await db
      .selectFrom('operations')
      .innerJoin('operation_targets', 'operation_id', 'id')
      .select('id')
      .where('database_id', '=', databaseId)
      .where('kind', '=', 'repair')
      .execute()
  ).length;

export const containerOf = ({ control }: FakeInstallation, databaseId: string): string =>
  containerName(control.installation, databaseId);

export const addressOf = async (installation: FakeInstallation, databaseId: string): Promise<string> =>
  (await serverById(installation, databaseId)).address;

export const serverById = async (installation: FakeInstallation, databaseId: string): Promise<Server> => {
  const { control } = installation;
  const row = await databaseRow(installation, databaseId);
  const environment = await findEnvironment(control.db, { id: row.environment_id });
  if (!environment) throw new Error('The environment is missing');
  return serverOf(control, row, environment);
};

/** Commands on a server by hand: as Holdfast's manager, or as the tenant. */
export const byHand = async (
  installation: FakeInstallation,
  databaseId: string,
  commands: readonly (readonly string[])[],
  user: keyof typeof serverUsers = 'manager',
): Promise<unknown[]> => {
  const { control, clients } = installation;
  const passwords = await openPasswords(control, databaseId);
  const lookout = await lookoutOn(installation);
  const node: RedisNode = await clients.connect(
    {
      host: await addressOf(installation, databaseId),
      port: serverPorts.tls,
      username: serverUsers[user],
      password: user === 'manager' ? passwords.manager : (passwords.tenant[0] ?? ''),
      tls: await trust({ control, installation: lookout.installation }, await serverById(installation, databaseId)),
    },
    within(),
  );
  const replies = [];
  for (const command of commands) replies.push(await node.command(command, within()));
  node.close();
  return replies;
};

/** On its network, by none of its names. */
export const attachBare = async (installation: FakeInstallation, databaseId: string): Promise<void> => {
  const { name, network } = await networkOf(installation, databaseId);
  await installation.host.ensureAttached(name, { ...network, aliases: [] }, within());
};

const networkOf = async (installation: FakeInstallation, databaseId: string) => {
  const { control } = installation;
  const row = await databaseRow(installation, databaseId);
  const environment = await findEnvironment(control.db, { id: row.environment_id });
  if (!environment) throw new Error('The environment is missing');
  const server = serverOf(control, row, environment);
  return { name: server.name, network: containerNetwork(control, server, row, environment) };
};

/** Puts another certificate than the recorded one into the volume and has it loaded: by the installation's authority, or by a stranger's. */
export const showAnother = async (
  installation: FakeInstallation,
  databaseId: string,
  signedBy: 'ours' | 'stranger' = 'ours',
): Promise<void> => {
  const { control, host } = installation;
  const { name } = await serverById(installation, databaseId);
  const authorities = new X509CertificateAuthority();
  const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
  const authority =
    signedBy === 'stranger'
      ? await authorities.createAuthority('stranger', notBefore, notAfter)
      : openAuthority({ control, installation: (await lookoutOn(installation)).installation });
  const certificate = await authorities.issue(authority, { dnsNames: [name], ipAddresses: [], notBefore, notAfter });
  const [certificateFile, keyFile] = certificateFiles({ certificate, authorityPem: authority.certificatePem });
  if (!certificateFile || !keyFile) throw new Error('A server has a certificate and a key');
  await host.writeFiles(name, serverPaths.root, [certificateFile, keyFile], within());
  await byHand(installation, databaseId, [['CONFIG', 'SET', 'tls-cert-file', serverPaths.certificate]]);
};
