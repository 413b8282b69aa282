/** The longest run that three bytes can stand for is 264. */
const mostGrowth = 88;

/**
 * The `length` bytes that LZF packed. Null when the bytes are not that: nothing is allocated for a length that they cannot reach.
 * The format: a control byte below 32 is followed by that many literal bytes and one more; any other is a reference backwards.
 */
export const unpackLzf = (packed: Uint8Array, length: number): Uint8Array | null => {
  if (length > packed.length * mostGrowth) return null;
  const clear = new Uint8Array(length);
  let from = 0;
  let to = 0;
  const next = (): number => packed[from++] ?? -1;
  while (from < packed.length) {
    const control = next();
    if (control < 32) {
      const end = from + control + 1;
      if (end > packed.length || to + control + 1 > length) return null;
      clear.set(packed.subarray(from, end), to);
      to += control + 1;
      from = end;
    } else {
      const run = (control >> 5 === 7 ? 7 + next() : control >> 5) + 2;
      const low = next();
      const start = to - ((control & 31) << 8) - low - 1;
      if (low < 0 || start < 0 || to + run > length) return null;
      // Byte by byte: a reference may reach into what it writes.
      for (let index = 0; index < run; index += 1) clear[to + index] = clear[start + index] ?? 0;
      to += run;
    }
  }
  return to === length ? clear : null;
};
