import { describe, expect, it } from '@jest/globals';
import { serverPaths, serverUser } from '#domain/server/names.js';
import type { FileEntry } from '#engine/ports/container-engine.js';
import { eventually } from '../support/eventually.js';
import type { EngineFixture } from './engine-fixture.js';

/** Files in a container. */
export const describeFiles = (fixture: EngineFixture): void => {
  const { engine, signal } = fixture;

  describe('files', () => {
    it('are written before the first start and read back when it has stopped', async () => {
      const spec = fixture.container('files');
      await fixture.create(spec);
      const binary = Buffer.from([0, 1, 2, 254, 255]);
      await engine.writeFiles(
        spec.name,
        serverPaths.data,
        [{ path: 'b', content: binary, mode: 0o600, uid: 0, gid: 0 }],
        signal,
      );
      await fixture.startReady(spec);
      await engine.stopContainer(spec.name, 10, signal);
      expect(await engine.readFile(spec.name, `${serverPaths.data}/b`, signal)).toEqual(binary);
      expect((await engine.readFile(spec.name, serverPaths.users, signal))?.toString()).toContain('user default off');
    });

    it('are null when they are not there, and when they are directories', async () => {
      const spec = fixture.container('no-files');
      await fixture.create(spec);
      expect(await engine.readFile(spec.name, '/holdfast/conf/none', signal)).toBeNull();
      expect(await engine.readFile(spec.name, '/holdfast/conf', signal)).toBeNull();
    });

    it('take the place of a directory with all that was in it, and make room for one again', async () => {
      const spec = fixture.container('replaced');
      await fixture.create(spec);
      const file = { content: 'x', mode: 0o600, uid: 0, gid: 0 };
      const folder = { ...file, content: null, mode: 0o700 };
      const inData = (...files: readonly FileEntry[]) => engine.writeFiles(spec.name, serverPaths.data, files, signal);
      await inData({ path: 'old', ...folder }, { path: 'old/one', ...file });
      await inData({ path: 'old', ...file }, { path: 'old', ...folder });
      expect(await engine.readFile(spec.name, `${serverPaths.data}/old/one`, signal)).toBeNull();
      await inData({ path: 'old/two', ...file });
      expect((await engine.readFile(spec.name, `${serverPaths.data}/old/two`, signal))?.toString()).toBe('x');
    });

    it('are not written outside of the volume', async () => {
      const spec = fixture.container('read-only');
      await fixture.create(spec);
      await expect(engine.writeFiles(spec.name, '/etc', fixture.files, signal)).rejects.toMatchObject({
        code: 'engine_error',
      });
    });

    describe('as a stream', () => {
      const path = `${serverPaths.data}/large`;
      const owner = { mode: 0o600, uid: serverUser.uid, gid: serverUser.gid };
      async function* chunks(...contents: readonly Buffer[]): AsyncGenerator<Buffer> {
        yield* contents;
      }

      it('are what was streamed, whatever the length', async () => {
        const spec = fixture.container('streamed');
        await fixture.create(spec);
        for (const sizeBytes of [0, 1, 511, 512, 513, 300_000]) {
          const content = Buffer.alloc(sizeBytes, Buffer.from([0, 1, 254, 255, 10]));
          const body = chunks(content.subarray(0, 100), Buffer.alloc(0), content.subarray(100));
          await engine.writeStream(spec.name, path, { ...owner, sizeBytes, body }, signal);
          expect((await engine.readFile(spec.name, path, signal))?.equals(content)).toBe(true);
        }
      });

      it('fail as their body fails, and when it is shorter or longer than announced', async () => {
        const spec = fixture.container('broken-stream');
        await fixture.create(spec);
        const broken = new Error('the store is gone');
        async function* breaking(): AsyncGenerator<Buffer> {
          yield Buffer.alloc(1_000);
          throw broken;
        }
        const write = (sizeBytes: number, body: AsyncIterable<Buffer>) =>
          engine.writeStream(spec.name, path, { ...owner, sizeBytes, body }, signal);
        await expect(write(2_000, breaking())).rejects.toBe(broken);
        for (const sizeBytes of [999, 1_001, 100_000]) {
          await expect(write(sizeBytes, chunks(Buffer.alloc(1_000)))).rejects.toMatchObject({
            code: 'engine_error',
            detail: expect.stringContaining(`should have ${String(sizeBytes)} bytes`),
          });
        }
        await write(1_000, chunks(Buffer.alloc(1_000)));
      });

      it('are not written outside of the volume, nor to a container that is not there', async () => {
        const spec = fixture.container('read-only-stream');
        await fixture.create(spec);
        for (const [container, where] of [
          [spec.name, '/etc/large'],
          [`${spec.name}-absent`, path],
        ] as const) {
          const file = { ...owner, sizeBytes: 3, body: chunks(Buffer.from('abc')) };
          await expect(engine.writeStream(container, where, file, signal)).rejects.toMatchObject({
            code: 'engine_error',
          });
        }
      });

      it('stop when the caller cancels, and let go of the body', async () => {
        const spec = fixture.container('cancelled-stream');
        await fixture.create(spec);
        const [controller, reason] = [new AbortController(), new Error('shutdown')];
        let released = false;
        async function* endless(): AsyncGenerator<Buffer> {
          try {
            for (let sent = 0; ; sent += 1) {
              if (sent === 10) controller.abort(reason);
              yield Buffer.alloc(100_000);
            }
          } finally {
            released = true;
          }
        }
        const file = { ...owner, sizeBytes: 10 ** 9, body: endless() };
        await expect(engine.writeStream(spec.name, path, file, controller.signal)).rejects.toBe(reason);
        await eventually(() => expect(released).toBe(true), { withinMs: 5_000 });
      });
    });
  });
};
