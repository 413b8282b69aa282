import ipaddr from 'ipaddr.js';

/** An address as HAProxy's `hex` writes it: 8 digits for IPv4, 32 for IPv6. Errors: no address. */
export const digitsOf = (address: string): string =>
  Buffer.from(ipaddr.parse(address).toByteArray()).toString('hex').toUpperCase();

export const addressOf = (digits: string): string => ipaddr.fromByteArray([...Buffer.from(digits, 'hex')]).toString();

const bitsOfDigit = 4;

/**
 * The addresses of a CIDR block as beginnings of their digits: a block that ends within a digit is up to eight of them.
 * `10.0.0.0/7` is `0A` and `0B`, each after the number of digits of a whole address, which tells the families apart.
 */
export const beginningsOf = (block: string): string[] => {
  const [address, length] = ipaddr.parseCIDR(block);
  const digits = digitsOf(address.toString());
  const whole = Math.ceil(length / bitsOfDigit);
  const family = String(digits.length);
  const free = whole * bitsOfDigit - length;
  if (free === 0) return [`${family}/${digits.slice(0, whole)}`];
  const first = Number.parseInt(digits[whole - 1] ?? '0', 16) & ~(2 ** free - 1);
  return Array.from({ length: 2 ** free }, (_, offset) => {
    const last = (first + offset).toString(16).toUpperCase();
    return `${family}/${digits.slice(0, whole - 1)}${last}`;
  });
};
