import { counted } from '#domain/text/counted.js';
import { ownedBy, type DockerCli } from './docker-cli.js';

const stopGraceSeconds = 20;

/** Starts what `down` stopped. A container without a restart policy was stopped by an operation, and stays so. */
export const startStoppedContainers = async (
  docker: DockerCli,
  installation: string,
  signal: AbortSignal,
): Promise<number> => {
  const stopped = await docker.lines(
    ['ps', '--all', '--quiet', '--filter', 'status=exited', ...ownedBy(installation)],
    signal,
  );
  if (stopped.length === 0) return 0;
  const format = '{{.Id}} {{.HostConfig.RestartPolicy.Name}}';
  const inspected = await docker.lines(['container', 'inspect', '--format', format, ...stopped], signal);
  const meantToRun = inspected.map((line) => line.split(' ')).filter(([, policy]) => policy === 'unless-stopped');
  const ids = meantToRun.map(([id]) => id ?? '');
  if (ids.length > 0) await docker.run(['start', ...ids], signal);
  return ids.length;
};

export const stopContainers = async (docker: DockerCli, installation: string, signal: AbortSignal): Promise<number> => {
  const running = await docker.lines(['ps', '--quiet', ...ownedBy(installation)], signal);
  if (running.length > 0) await docker.run(['stop', '--time', String(stopGraceSeconds), ...running], signal);
  return running.length;
};

/** Removes all containers, networks and volumes of the installation, in the order in which they hold each other. */
export const removeEverythingOwned = async (
  docker: DockerCli,
  installation: string,
  signal: AbortSignal,
): Promise<string> => {
  const containers = await docker.lines(['ps', '--all', '--quiet', ...ownedBy(installation)], signal);
  if (containers.length > 0) await docker.run(['rm', '--force', '--volumes', ...containers], signal);
  const networks = await docker.lines(['network', 'ls', '--quiet', ...ownedBy(installation)], signal);
  if (networks.length > 0) await docker.run(['network', 'rm', ...networks], signal);
  const volumes = await docker.lines(['volume', 'ls', '--quiet', ...ownedBy(installation)], signal);
  if (volumes.length > 0) await docker.run(['volume', 'rm', '--force', ...volumes], signal);
  return [
    counted(containers.length, 'container'),
    counted(networks.length, 'network'),
    counted(volumes.length, 'volume'),
  ].join(', ');
};
