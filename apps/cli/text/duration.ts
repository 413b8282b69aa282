export const durationBetween = (startedAt: string, finishedAt: string): string =>
  renderDuration(Date.parse(finishedAt) - Date.parse(startedAt));

/** `52 ms`, `1.4 s`, `2 min 5 s`. */
export const renderDuration = (durationMs: number): string => {
  if (durationMs < 1000) return `${Math.max(0, Math.round(durationMs))} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};
