import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addressesPerEnvironment,
  databaseAddress,
  environmentsInPool,
  environmentSubnet,
  parseNetworkPool,
} from './addresses.js';

const number = (ipv4: string): number => ipv4.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

describe('the default pool', () => {
  const pool = parseNetworkPool('10.224.0.0/12');

  it('holds 1,024 environments of 1,021 databases', () => {
    expect([environmentsInPool(pool), addressesPerEnvironment]).toEqual([1024, 1021]);
  });

  it('begins after the gateway and ends before the broadcast address', () => {
    expect(environmentSubnet(pool, 0)).toBe('10.224.0.0/22');
    expect(databaseAddress(pool, 0, 0)).toBe('10.224.0.2');
    expect(databaseAddress(pool, 0, addressesPerEnvironment - 1)).toBe('10.224.3.254');
  });

  it('ends where the pool ends', () => {
    expect(environmentSubnet(pool, 1023)).toBe('10.239.252.0/22');
    expect(databaseAddress(pool, 1023, addressesPerEnvironment - 1)).toBe('10.239.255.254');
  });
});

describe('any pool', () => {
  const pools = fc.tuple(fc.integer({ min: 8, max: 22 }), fc.nat(2 ** 32 - 1)).map(([prefix, address]) => {
    const base = address - (address % 2 ** (32 - prefix));
    const text = [24, 16, 8, 0].map((shift) => (base >>> shift) & 255).join('.');
    return { base, prefix, pool: parseNetworkPool(`${text}/${prefix}`) };
  });

  it('keeps every environment and address within itself, and each environment to itself', () => {
    fc.assert(
      fc.property(
        pools,
        fc.nat(2 ** 14),
        fc.nat(addressesPerEnvironment - 1),
        ({ base, prefix, pool }, index, place) => {
          const environment = index % environmentsInPool(pool);
          const [network = ''] = environmentSubnet(pool, environment).split('/');
          const start = number(network);
          const address = number(databaseAddress(pool, environment, place));
          expect(start % 1024).toBe(0);
          expect(start).toBeGreaterThanOrEqual(base);
          expect(start + 1024).toBeLessThanOrEqual(base + 2 ** (32 - prefix));
          expect(address).toBeGreaterThan(start + 1);
          expect(address).toBeLessThan(start + 1023);
        },
      ),
    );
  });

  it('has no environment that does not fit', () => {
    expect(
      ['10.0.0.0/22', '10.0.0.0/23', '10.0.1.0/24'].map((pool) => environmentsInPool(parseNetworkPool(pool))),
    ).toEqual([1, 0, 0]);
  });
});
