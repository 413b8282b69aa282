import type { EngineClient } from './engine-client.js';
import { resourceName } from './names.js';

export const tailLogs = async (
  client: EngineClient,
  container: string,
  lines: number,
  signal: AbortSignal,
): Promise<string> => {
  const frames = await client.call(`read the log of container ${container}`, signal, (docker, abortSignal) =>
    docker
      .getContainer(resourceName(container))
      .logs({ stdout: true, stderr: true, follow: false, tail: lines, abortSignal }),
  );
  return joinFrames(frames);
};

const headerBytes = 8;
const lengthOffset = 4;

/** The text of the engine's frames: each has a header of 8 bytes (stream, three zeros, length in big-endian) before its content. */
export const joinFrames = (frames: Buffer): string => {
  const contents: Buffer[] = [];
  for (let at = 0; at + headerBytes <= frames.length;) {
    const end = at + headerBytes + frames.readUInt32BE(at + lengthOffset);
    contents.push(frames.subarray(at + headerBytes, end));
    at = end;
  }
  return Buffer.concat(contents).toString('utf8');
};
