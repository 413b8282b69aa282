const hourMs = 3_600_000;

/** Since when a database has less than its policy promises; null while the promise is kept. `provenAt` is what the promise counts from. */
export const overdueSince = (provenAt: Date, maximumAgeHours: number, now: Date): Date | null => {
  const since = new Date(provenAt.getTime() + maximumAgeHours * hourMs);
  return since <= now ? since : null;
};
