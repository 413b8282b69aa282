import { X509Certificate } from 'node:crypto';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import { faultPoints } from '#observability/fault-points.js';
import type { Tx } from '#persistence/connection.js';
import { updateDatabase } from '#persistence/databases.js';
import { noteReceipt } from '#persistence/operations/read.js';
import { currentOwnCertificate } from '#persistence/own-certificates.js';
import type { AttemptContext } from '../run/context.js';
import { certificateFiles } from '../server/files.js';
import { asManager, trust } from '../server/manager.js';
import { authoritiesOf, certificateOf, type Wanted } from '../server/own-certificate.js';
import { reachOf } from '../server/reach.js';
import { serverOf, type Server } from '../server/server.js';

const serverIn = ({ control, database, environment }: AttemptContext): Server =>
  serverOf(control, database, environment);

/**
 * A new certificate in the volume, with every name that the database has now; or the one that an operator has brought. Errors:
 * `database_not_ready`, and those of the engine.
 */
export const writeCertificate = (context: AttemptContext): Promise<void> => putCertificate(context, 'recorded');

export const putCertificate = async (context: AttemptContext, wanted: Wanted): Promise<void> => {
  const { engines, database, signal } = context;
  if ((await reachOf(context)) === 'gone') {
    throw new HoldfastError('database_not_ready', `The container of "${database.handle}" is missing; reload it.`);
  }
  const server = serverIn(context);
  const { keyPair } = await certificateOf(context, server, wanted);
  const files = certificateFiles({ certificate: keyPair, authorityPem: await authoritiesOf(context) });
  await engines.containers.writeFiles(server.name, serverPaths.root, files, signal);
  await faultPoints.reached('certificate:files-written');
};

/**
 * The server reads certificate, key and authority anew: setting the path of one to what it is makes it read all three, on every version, and
 * go on with the former ones when the new ones do not fit. Connections that are open keep the one that they were made with.
 */
export const loadCertificate = async (context: AttemptContext): Promise<void> => {
  if ((await reachOf(context)) !== 'runs') return;
  await asManager(context, (node) =>
    node.command(['CONFIG', 'SET', 'tls-cert-file', serverPaths.certificate], context.signal),
  );
};

/** A client that connects now sees the certificate that lies in the volume. Errors: `certificate_not_shown`, `server_not_ready`. */
export const checkCertificate = async (context: AttemptContext): Promise<void> => {
  const { engines, signal, database } = context;
  if ((await reachOf(context)) !== 'runs') {
    return context.log('warn', 'The server does not run; it shows the new certificate when it starts.');
  }
  const server = serverIn(context);
  const written = await writtenCertificate(context, server);
  const target = { host: server.address, port: serverPorts.tls, tls: await trust(context, server) };
  const shown = await engines.redis.presentedCertificate(target, signal);
  if (shown.fingerprint256 === written.fingerprint256) return;
  const detail = `"${database.handle}" shows the certificate ${shown.serialNumber}, not ${written.serialNumber}.`;
  throw new HoldfastError('certificate_not_shown', detail);
};

/** What is recorded is what lies in the volume, whoever wrote it there. `more` is written with it. */
export const noteCertificate = async (
  context: AttemptContext,
  more: (tx: Tx) => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  const written = await writtenCertificate(context, serverIn(context));
  await context.write(async (tx) => {
    await more(tx);
    await noteReceipt(tx, context.operation.id, await recordCertificate(tx, context, written));
  });
};

const recordCertificate = async (
  tx: Tx,
  { database }: AttemptContext,
  { serialNumber, validTo, fingerprint256 }: X509Certificate,
): Promise<{ databaseId: string; serialNumber: string; notAfter: string }> => {
  const own = await currentOwnCertificate(tx, database.id);
  const notAfter = own?.fingerprint256 === fingerprint256 ? own.not_after : new Date(validTo);
  await updateDatabase(tx, database.id, { certificate_not_after: notAfter });
  return { databaseId: database.id, serialNumber, notAfter: notAfter.toISOString() };
};

/** All of it, as one step of a repair, whose receipt is its own. Errors: those of the parts. */
export const renewInRepair = async (context: AttemptContext): Promise<void> => {
  await writeCertificate(context);
  await loadCertificate(context);
  await checkCertificate(context);
  const written = await writtenCertificate(context, serverIn(context));
  await context.write(async (tx) => void (await recordCertificate(tx, context, written)));
};

const writtenCertificate = async ({ engines, signal }: AttemptContext, { name }: Server): Promise<X509Certificate> => {
  const file = await engines.containers.readFile(name, serverPaths.certificate, signal);
  if (file === null) throw new HoldfastError('certificate_not_shown', 'The volume has no certificate.');
  return new X509Certificate(file);
};
