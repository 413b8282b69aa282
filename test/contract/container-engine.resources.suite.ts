import { describe, expect, it } from '@jest/globals';
import { addressIn, uniqueSubnet } from '../support/names.js';
import type { EngineFixture } from './engine-fixture.js';

/** Networks. */
export const describeNetworks = (fixture: EngineFixture): void => {
  const { engine, installation, owner, stranger, signal, network } = fixture;

  describe('networks', () => {
    it('ensures twice, also at once, with one network in the end', async () => {
      const spec = { ...network, name: `${installation}-twice`, subnet: uniqueSubnet() };
      await Promise.all([1, 2, 3].map(() => engine.ensureNetwork(spec, signal)));
      await engine.ensureNetwork(spec, signal);
      const { networks } = await engine.listOwned(installation, signal);
      expect(networks.filter(({ name }) => name === spec.name)).toEqual([{ name: spec.name, subject: 'db-1' }]);
      await engine.ensureNetworkAbsent(spec.name, owner, signal);
      await engine.ensureNetworkAbsent(spec.name, owner, signal);
      expect((await engine.listOwned(installation, signal)).networks).not.toContainEqual({
        name: spec.name,
        subject: 'db-1',
      });
    });

    it('refuses a range that overlaps with another network', async () => {
      const within = { ...network, name: `${installation}-overlap`, subnet: network.subnet.replace('/24', '/25') };
      await expect(engine.ensureNetwork(within, signal)).rejects.toMatchObject({ code: 'network_overlap' });
      expect((await engine.listOwned(installation, signal)).networks.map(({ name }) => name)).not.toContain(
        within.name,
      );
    });

    it('does not take a network of another range for its own', async () => {
      const moved = { ...network, subnet: uniqueSubnet() };
      await expect(engine.ensureNetwork(moved, signal)).rejects.toMatchObject({ code: 'engine_error' });
    });

    it("leaves a stranger's network alone", async () => {
      const name = `${installation}-strange-net`;
      const spec = { name, owner: stranger, subnet: uniqueSubnet(), labels: {} };
      await engine.ensureNetwork(spec, signal);
      await expect(engine.ensureNetwork({ ...spec, owner }, signal)).rejects.toMatchObject({
        code: 'name_taken_by_stranger',
      });
      await expect(engine.ensureNetworkAbsent(name, owner, signal)).rejects.toMatchObject({
        code: 'name_taken_by_stranger',
      });
      expect((await engine.listOwned(stranger.installation, signal)).networks).toContainEqual({
        name,
        subject: 'db-1',
      });
    });
  });
};

/** Names of a container on its network. */
export const describeAttachments = (fixture: EngineFixture): void => {
  const { engine, owner, signal, network } = fixture;
  const attachmentOf = async (name: string) =>
    (await engine.inspectContainer(name, owner, signal))?.networks[network.name];
  const aliasesOf = async (name: string) => (await attachmentOf(name))?.aliases;

  describe('an attachment', () => {
    it('gets other names, of a container that runs or not, and keeps its address', async () => {
      const spec = fixture.container('named', fixture.atAddress(77));
      const at = (last: number, ...aliases: string[]) =>
        engine.ensureAttached(
          spec.name,
          { kind: 'network', name: network.name, aliases, ipv4: addressIn(network.subnet, last) },
          signal,
        );
      const to = (...aliases: string[]) => at(77, ...aliases);
      await fixture.create(spec);
      expect(await aliasesOf(spec.name)).toEqual(['hello']);
      await to('hello', 'stopped');
      expect(await aliasesOf(spec.name)).toEqual(['hello', 'stopped']);
      await at(78, 'hello', 'stopped');
      expect((await attachmentOf(spec.name))?.ipv4).toBe(addressIn(network.subnet, 78));
      await to('hello', 'stopped');
      await fixture.startReady(spec);
      await to('again', 'hello');
      await to('hello', 'again');
      expect((await engine.inspectContainer(spec.name, owner, signal))?.state).toBe('running');
      const running = await attachmentOf(spec.name);
      expect([...(running?.aliases ?? [])].sort()).toEqual(['again', 'hello']);
      expect(running?.ipv4).toBe(addressIn(network.subnet, 77));
      // It is still the container that was asked for.
      await engine.createContainer(spec, signal);
      await engine.stopContainer(spec.name, 5, signal);
      expect(await attachmentOf(spec.name)).toEqual(running);
      await engine.startContainer(spec.name, signal);
      expect(await attachmentOf(spec.name)).toEqual(running);
      await engine.ensureContainerAbsent(spec.name, owner, signal);
    });

    it('of a container that is not there is an error', async () => {
      const nobody = { kind: 'network', name: network.name, aliases: [], ipv4: null } as const;
      await expect(engine.ensureAttached('nobody', nobody, signal)).rejects.toMatchObject({ code: 'engine_error' });
    });
  });
};

/** Volumes. */
export const describeVolumes = (fixture: EngineFixture): void => {
  const { engine, installation, owner, stranger, signal } = fixture;

  describe('volumes', () => {
    it('ensures and removes, each twice', async () => {
      const name = `${installation}-vol`;
      expect(await engine.volumeExists(name, owner, signal)).toBe(false);
      await engine.ensureVolume({ name, owner, labels: { 'io.holdfast.database': 'x' } }, signal);
      await engine.ensureVolume({ name, owner, labels: {} }, signal);
      expect(await engine.volumeExists(name, owner, signal)).toBe(true);
      await engine.ensureVolumeAbsent(name, owner, signal);
      await engine.ensureVolumeAbsent(name, owner, signal);
      expect(await engine.volumeExists(name, owner, signal)).toBe(false);
    });

    it('says of nobody else how much is free where a volume lies, and of none that is not there', async () => {
      const name = `${installation}-vol-room`;
      expect(await engine.volumeFreeBytes(name, owner, signal)).toBeNull();
      await engine.ensureVolume({ name, owner, labels: {} }, signal);
      expect(await engine.volumeFreeBytes(name, stranger, signal)).toBeNull();
      await engine.ensureVolumeAbsent(name, owner, signal);
    });

    it("leaves a stranger's volume alone", async () => {
      const name = `${installation}-strange-vol`;
      await engine.ensureVolume({ name, owner: stranger, labels: {} }, signal);
      expect(await engine.volumeExists(name, owner, signal)).toBe(false);
      await expect(engine.ensureVolume({ name, owner, labels: {} }, signal)).rejects.toMatchObject({
        code: 'name_taken_by_stranger',
        detail: expect.stringContaining(name),
      });
      await expect(engine.ensureVolumeAbsent(name, owner, signal)).rejects.toMatchObject({
        code: 'name_taken_by_stranger',
      });
      expect(await engine.volumeExists(name, stranger, signal)).toBe(true);
    });

    it('does not remove a volume that a container uses', async () => {
      const spec = fixture.container('in-use');
      await fixture.create(spec);
      await expect(engine.ensureVolumeAbsent(spec.name, owner, signal)).rejects.toMatchObject({
        code: 'engine_error',
      });
      await engine.ensureContainerAbsent(spec.name, owner, signal);
      await engine.ensureVolumeAbsent(spec.name, owner, signal);
    });
  });
};
