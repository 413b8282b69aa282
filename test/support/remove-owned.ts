import type { ContainerEngine } from '#engine/ports/container-engine.js';

/** Removes everything that carries the installation's label. */
export const removeOwned = async (engine: ContainerEngine, installation: string): Promise<void> => {
  const signal = AbortSignal.timeout(60_000);
  const { containers, volumes, networks } = await engine.listOwned(installation, signal);
  for (const { name, subject } of containers)
    await engine.ensureContainerAbsent(name, { installation, subject }, signal);
  for (const { name, subject } of volumes) await engine.ensureVolumeAbsent(name, { installation, subject }, signal);
  for (const { name, subject } of networks) await engine.ensureNetworkAbsent(name, { installation, subject }, signal);
};
