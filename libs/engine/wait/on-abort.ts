const heardBy = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `heard` when the signal fires, until what is returned is called. A signal that lives as long as the process has one listener for all
 * who wait for it: dozens work under it at a time, and each of their own would be a reason for Node to warn of a leak. Nothing of those that
 * are through is left behind, as it would be of AbortSignal.any on Node 20. One that has fired already is the caller's to see.
 */
export const onAbort = (signal: AbortSignal, heard: () => void): (() => void) => {
  const waiting = heardBy.get(signal) ?? listenTo(signal);
  // The same function may wait twice.
  const one = (): void => heard();
  waiting.add(one);
  return () => void waiting.delete(one);
};

const listenTo = (signal: AbortSignal): Set<() => void> => {
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const one of waiting) one();
  };
  signal.addEventListener('abort', tell, { once: true });
  heardBy.set(signal, waiting);
  return waiting;
};
