/** Making one takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    ...{ timeZone, year: 'numeric', month: '2-digit', day: '2-digit' },
  });
  formats.set(timeZone, made);
  return made;
};

/** The day that a moment is in, as the number YYYYMMDD: divided by 100 it is the month, by 10,000 the year. Errors: `RangeError` for an unknown zone. */
export const localDay = (at: Date, timeZone: string): number => {
  const [month = 0, day = 0, year = 0] = formatOf(timeZone).format(at).split('/').map(Number);
  return year * 10_000 + month * 100 + day;
};
