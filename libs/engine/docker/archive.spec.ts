import { describe, expect, it } from '@jest/globals';
import tar from 'tar-stream';
import { firstFile, pack } from './archive.js';

const file = { path: 'conf/redis.conf', content: 'port 6379\n', mode: 0o640, uid: 0, gid: 10999 };
const directory = { path: 'data', content: null, mode: 0o700, uid: 10999, gid: 10999 };

describe('pack', () => {
  it('keeps order, owners and modes', async () => {
    const extract = tar.extract();
    extract.end(await pack([directory, file]));
    const headers: unknown[] = [];
    for await (const entry of extract) {
      const { name, type, mode, uid, gid, size } = entry.header;
      headers.push({ name: name.replace(/\/$/, ''), type, mode, uid, gid, size });
      entry.resume();
    }
    expect(headers).toEqual([
      { name: 'data', type: 'directory', mode: 0o700, uid: 10999, gid: 10999, size: 0 },
      { name: 'conf/redis.conf', type: 'file', mode: 0o640, uid: 0, gid: 10999, size: 10 },
    ]);
  });
});

describe('firstFile', () => {
  it('returns the content, byte for byte', async () => {
    const content = Buffer.from([0, 255, 10, 13, 0]);
    expect(await firstFile(await pack([{ ...file, content }]))).toEqual(content);
    expect(await firstFile(await pack([{ ...file, content: '' }]))).toEqual(Buffer.alloc(0));
  });

  it('returns null for a directory and for an empty archive', async () => {
    expect(await firstFile(await pack([directory, file]))).toBeNull();
    expect(await firstFile(await pack([]))).toBeNull();
  });
});
