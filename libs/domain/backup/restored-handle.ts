const longest = 64;

/**
 * `<handle>-at-YYYY-MM-DD-HH-MM-SS`, in UTC, cut to the longest handle there may be; from the second on with `-2`, `-3` behind it
 * (managed-databases.md has the form).
 */
export const restoredHandle = (handle: string, at: Date, copy = 1): string => {
  const moment = at.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const ending = `-at-${moment}${copy === 1 ? '' : `-${copy}`}`;
  return `${handle.slice(0, longest - ending.length)}${ending}`;
};
