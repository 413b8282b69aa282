import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { findTakenPort, usedPorts } from './taken-ports.js';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:5DC0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:5DC1 0100007F:9C40 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
`;

describe('usedPorts', () => {
  it('finds the sockets in the range but those that are only remembered', () => {
    expect([...usedPorts(table, { first: 24_000, last: 24_999 })]).toEqual([[24_000, '4711']]);
  });
});

describe('findTakenPort', () => {
  it('finds a port with its process, and only where the addresses are in each other’s way', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const range = { first: port, last: port };
    const taken = { port, holder: expect.stringContaining(`(pid ${String(process.pid)})`) };
    expect(await findTakenPort('127.0.0.1', range)).toEqual(taken);
    expect(await findTakenPort('0.0.0.0', range)).toEqual(taken);
    expect(await findTakenPort('127.0.0.2', range)).toBeNull();
    server.close();
    await once(server, 'close');
    expect(await findTakenPort('127.0.0.1', range)).toBeNull();
  });
});
