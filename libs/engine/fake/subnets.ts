import { HoldfastError } from '#domain/errors/holdfast-error.js';

interface Range {
  readonly first: number;
  readonly last: number;
}

export const subnetsOverlap = (a: string, b: string): boolean => {
  const [one, other] = [range(a), range(b)];
  return one.first <= other.last && other.first <= one.last;
};

/** The lowest address of the subnet that is not taken; the first one is the gateway's. */
export const freeAddress = (subnet: string, taken: ReadonlySet<string>): string => {
  const { first, last } = range(subnet);
  for (let address = first + 2; address < last; address++) {
    if (!taken.has(text(address))) return text(address);
  }
  throw new HoldfastError('engine_error', `network ${subnet} has no free address`);
};

const range = (subnet: string): Range => {
  const [address = '', prefix = '32'] = subnet.split('/');
  const size = 2 ** (32 - Number(prefix));
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
};

const text = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
