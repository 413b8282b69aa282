import { once } from 'node:events';
import { spawn } from 'node:child_process';
import * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import type { Codec } from '../ports/backup-streams.js';
import { programFilter, zlibFilter, type Filter } from './filter.js';

/** What node:zlib has from Node 22.15 and 23.8 on. */
interface NativeZstd {
  readonly createZstdCompress?: (options: { params: Readonly<Record<number, number>> }) => Transform;
  readonly createZstdDecompress?: () => Transform;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}
const native = zlib as unknown as NativeZstd;

const startCompressor: Readonly<Record<Codec, () => Filter>> = {
  zstd: () =>
    native.createZstdCompress
      ? zlibFilter(native.createZstdCompress({ params: { [native.constants.ZSTD_c_compressionLevel ?? 100]: 1 } }))
      : // A second thread of its own costs it more than it gains here, where everything else is at work meanwhile.
        programFilter('zstd', ['-1', '--single-thread', '-q', '-c', '-']),
  gzip: () => zlibFilter(zlib.createGzip({ level: 1 })),
};

const startDecompressor: Readonly<Record<Codec, () => Filter>> = {
  zstd: () =>
    native.createZstdDecompress
      ? zlibFilter(native.createZstdDecompress())
      : programFilter('zstd', ['-d', '-q', '-c', '-']),
  gzip: () => zlibFilter(zlib.createGunzip()),
};

export const compressor = (codec: Codec): (() => Filter) => startCompressor[codec];
export const decompressor = (codec: Codec): (() => Filter) => startDecompressor[codec];

/** The best that this machine has. */
export const availableCodec = async (): Promise<Codec> =>
  native.createZstdCompress || (await runs('zstd')) ? 'zstd' : 'gzip';

const runs = async (program: string): Promise<boolean> => {
  const child = spawn(program, ['--version'], { stdio: 'ignore' });
  const [code] = await once(child, 'close').catch(() => [null]);
  return code === 0;
};
