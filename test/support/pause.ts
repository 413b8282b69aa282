import { faultPoints, type FaultPointName } from '#observability/fault-points.js';

export interface Pause {
  /** Resolves when somebody has come to the point. */
  readonly reached: Promise<void>;
  goOn(): void;
}

/** Holds whoever comes to this fault point in this process, as SIGSTOP would. */
export const pauseAt = (name: FaultPointName): Pause => {
  let goOn: () => void = () => undefined;
  const paused = new Promise<void>((resolve) => (goOn = resolve));
  const reached = new Promise<void>((resolve) => {
    faultPoints.arm(name, () => {
      resolve();
      return paused;
    });
  });
  return { reached, goOn: () => goOn() };
};
