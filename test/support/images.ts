import { execFileSync } from 'node:child_process';

/** The image of a Redis server, as `npm run up` and `npm test` put it on the host. Throws when there is none. */
export const redisImage = (version: '6.0' | '7.0' | '8.0'): string =>
  presentImage([`holdfast/redis:${version}`, `probe/redis:${version}`]);

/** The image of the edge. Throws when the host has none. */
export const haproxyImage = (): string => presentImage(['holdfast/haproxy:3.0', 'probe/haproxy:3.0']);

const presentImage = (candidates: readonly string[]): string => {
  const present = new Set(
    execFileSync('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' }).split('\n'),
  );
  const image = candidates.find((candidate) => present.has(candidate));
  if (image === undefined)
    throw new Error(`The host has none of ${candidates.join(', ')}: run \`npm test\`, which builds them`);
  return image;
};
