import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { ContainerEngine, ContainerObservation, ContainerSpec } from '../ports/container-engine.js';
import { waitUntil } from '../wait/wait-until.js';
import { edgeDigestLabel } from './edge-container.js';
import type { PortRange } from './haproxy-config.js';
import { findTakenPort } from './taken-ports.js';

/** HAProxy listens on 4,000 ports about 80 ms after its container's start. */
const answerDeadlineMs = 10_000;

/** The life of the edge's container. */
export class EdgeProcess {
  constructor(
    private readonly engine: ContainerEngine,
    private readonly bindAddress: string,
    private readonly ports: PortRange,
  ) {}

  /** Leaves a running container of this very spec alone, and replaces any other: it keeps nothing that is not on disk. */
  async ensureRunning(spec: ContainerSpec, signal: AbortSignal): Promise<void> {
    const found = await this.engine.inspectContainer(spec.name, spec.owner, signal);
    if (found?.state === 'running' && isOf(spec, found)) return;
    await this.ensureImage(spec.image, signal);
    // While it runs, its own listeners would count as taken. One that cannot run stays until we know that ours can.
    if (found?.state === 'running') await this.engine.ensureContainerAbsent(spec.name, spec.owner, signal);
    await this.refuseTakenPorts();
    await this.engine.ensureContainerAbsent(spec.name, spec.owner, signal);
    await this.engine.createContainer(spec, signal);
    await this.engine.startContainer(spec.name, signal);
  }

  /** Calls `ask` until it succeeds. Errors: `edge_ports_taken`, or `edge_unreachable` with HAProxy's own words. */
  async awaitAnswer(
    spec: ContainerSpec,
    ask: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const options = { describe: 'the edge', deadlineMs: answerDeadlineMs, intervalMs: 20 };
    const check = (within: AbortSignal) =>
      ask(within).then(
        () => true,
        () => this.stillStarting(spec, within),
      );
    const answered = await waitUntil(check, options, signal).catch((error: unknown) => {
      if (isHoldfastError(error, 'server_not_ready')) return false;
      throw error;
    });
    if (!answered) await this.explainSilence(spec, signal);
  }

  private async stillStarting(spec: ContainerSpec, signal: AbortSignal): Promise<false | undefined> {
    const found = await this.engine.inspectContainer(spec.name, spec.owner, signal);
    return found?.state === 'running' ? undefined : false;
  }

  private async explainSilence(spec: ContainerSpec, signal: AbortSignal): Promise<never> {
    const log = await this.engine.tailLogs(spec.name, 5, signal);
    const found = await this.engine.inspectContainer(spec.name, spec.owner, signal);
    if (found?.state !== 'running') await this.refuseTakenPorts();
    throw new HoldfastError('edge_unreachable', `${spec.name} does not answer; its log ends with: ${log.trim()}`);
  }

  private async ensureImage(image: string, signal: AbortSignal): Promise<void> {
    if (!(await this.engine.hasImage(image, signal))) await this.engine.pullImage(image, signal);
  }

  private async refuseTakenPorts(): Promise<void> {
    const taken = await findTakenPort(this.bindAddress, this.ports);
    if (taken === null) return;
    const holder = taken.holder ?? 'a process that cannot be named from here';
    const where = `port ${String(taken.port)} of ${this.bindAddress}`;
    throw new HoldfastError('edge_ports_taken', `${holder} listens on ${where}`);
  }
}

const isOf = (spec: ContainerSpec, found: ContainerObservation): boolean =>
  found.owned && found.labels[edgeDigestLabel] === spec.labels[edgeDigestLabel];
