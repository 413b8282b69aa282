import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { serverFiles } from '#operations/server/files.js';
import type { Server } from '#operations/server/server.js';
import { redisImage } from '../support/images.js';

const docker = new Docker({ socketPath: '/var/run/docker.sock' });
export const rawPassword = 'raw-reference';

/** The files of a database as one archive, made beforehand: the reference pays for the engine's calls only. */
export const rawArchive = async ({
  memoryMb = 64,
  trusted,
}: { memoryMb?: number; trusted?: string } = {}): Promise<Buffer> => {
  const authority = new X509CertificateAuthority();
  const [notBefore, notAfter] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
  const root = await authority.createAuthority('bench', notBefore, notAfter);
  const certificate = await authority.issue(root, { dnsNames: ['bench'], ipAddresses: [], notBefore, notAfter });
  const shape = {
    version: '8.0',
    persistence: 'aof',
    memoryMb,
    maxmemoryPolicy: 'noeviction',
    tlsOnly: false,
    tlsProtocols: ['TLSv1.2'],
    settings: {},
  } as const;
  const server: Server = {
    name: 'bench',
    volume: 'bench',
    address: '',
    owner: { installation: 'bench', subject: 'bench' },
    shape,
  };
  const passwords = { tenant: [rawPassword], manager: rawPassword };
  const archive = pack();
  for (const file of serverFiles(server, {
    authorityPem: trusted ?? root.certificatePem,
    certificate,
    passwords,
    existingUsers: null,
    role: { kind: 'primary', followers: 0 } as const,
    followers: [],
  })) {
    const { path: name, mode, uid, gid, content } = file;
    if (content === null) archive.entry({ name, type: 'directory', mode, uid, gid });
    else archive.entry({ name, mode, uid, gid }, content);
  }
  archive.finalize();
  return buffer(archive);
};

/** Volume, create, one archive, start, first PONG: the calls that nobody can do without. */
export const rawProvision = async (
  name: string,
  network: string,
  address: string,
  archive: Buffer,
  memoryMb = 64,
): Promise<void> => {
  const memoryBytes = memoryMb * 1024 * 1024;
  await docker.createVolume({ Name: name, Labels: { 'holdfast-bench': 'raw' } });
  const container = await docker.createContainer({
    name,
    Image: redisImage('8.0'),
    Entrypoint: ['redis-server', '/holdfast/conf/redis.conf'],
    Cmd: [],
    User: '10999:10999',
    Healthcheck: { Test: ['CMD', 'redis-cli', '-p', '6379', 'ping'], Interval: 30e9 },
    HostConfig: {
      Binds: [`${name}:/holdfast`],
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      CpuShares: 16,
      PidsLimit: 64,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Tmpfs: { '/tmp': '' },
      RestartPolicy: { Name: 'unless-stopped' },
      NetworkMode: network,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
  });
  await container.putArchive(archive, { path: '/holdfast' });
  await container.start();
  await firstPong(address);
};

export const rawRemove = async (name: string): Promise<void> => {
  await docker.getContainer(name).remove({ force: true });
  await docker.getVolume(name).remove();
};

export const rawNetwork = async (name: string, subnet: string): Promise<() => Promise<void>> => {
  const network = await docker.createNetwork({ Name: name, IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] } });
  return () => network.remove() as Promise<void>;
};

const firstPong = async (address: string): Promise<void> => {
  while (!(await answersPong(address))) await pause(2);
};

const answersPong = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(6379, address, () => socket.write(`AUTH tenant ${rawPassword}\r\nPING\r\n`));
    let text = '';
    const end = (): void => {
      socket.destroy();
      resolve(text.includes('+PONG'));
    };
    socket.setTimeout(1000, end);
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('+PONG') || text.includes('-')) end();
    });
    socket.once('error', end);
  });
