/** An IPv4 range that is cut into equal networks, one for each environment. */
export interface NetworkPool {
  readonly base: number;
  readonly prefix: number;
}

/** A /22 holds 1,022 hosts: a Linux bridge takes 1,023 ports. */
const environmentPrefix = 22;
const environmentSize = 2 ** (32 - environmentPrefix);

/** The first address is the bridge's gateway, the last one the broadcast address. */
const firstHost = 2;
export const addressesPerEnvironment = environmentSize - firstHost - 1;

const toNumber = (ipv4: string): number => ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** `10.224.0.0/12` → pool. The text must have been checked before. */
export const parseNetworkPool = (cidr: string): NetworkPool => {
  const [base = '', prefix = ''] = cidr.split('/');
  return { base: toNumber(base), prefix: Number(prefix) };
};

/** None when the pool is smaller than one network. */
export const environmentsInPool = (pool: NetworkPool): number => Math.floor(2 ** (environmentPrefix - pool.prefix));

export const environmentSubnet = (pool: NetworkPool, networkIndex: number): string =>
  `${toText(pool.base + networkIndex * environmentSize)}/${environmentPrefix}`;

/** The fixed address of a database; `addressIndex` counts from 0 within its environment. */
export const databaseAddress = (pool: NetworkPool, networkIndex: number, addressIndex: number): string =>
  toText(pool.base + networkIndex * environmentSize + firstHost + addressIndex);
