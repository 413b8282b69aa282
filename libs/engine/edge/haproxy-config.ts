import { isIPv6 } from 'node:net';
import { idleTimeouts } from '#domain/database/door-settings.js';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface HaproxySettings {
  readonly bindAddress: string;
  readonly ports: PortRange;
  readonly maxConnections: number;
  readonly threads: number;
}

/** What the map has for a door that is shut. */
export const shutDoor = 'shut';

/** How long a connection that finds its door shut is held at most. */
export const holdMs = 100;

/** Paths as the edge's container sees them; see EdgeDirectory for the host's side. */
export const containerPaths = {
  configurationDirectory: '/etc/holdfast',
  configuration: '/etc/holdfast/haproxy.cfg',
  doors: '/etc/holdfast/doors.map',
  allowed: '/etc/holdfast/allowed.map',
  runDirectory: '/run/holdfast',
  socket: '/run/holdfast/admin.sock',
} as const;

/** A server that is gone holds nobody: whoever waited longer for it would be led to it when it comes back, though its door leads elsewhere by then. */
const connecting = `timeout connect 1s
    retries 0`;

/** A peer that vanished without a word is noticed after two minutes. */
const keepAlive = `option clitcpka
    clitcpka-idle 60s
    clitcpka-intvl 15s
    clitcpka-cnt 4
    option srvtcpka
    srvtcpka-idle 60s
    srvtcpka-intvl 15s
    srvtcpka-cnt 4`;

/**
 * The configuration never names a database: the way is found in the map `port → address:port`, which changes at run time.
 * Address, port and settings are one value of one map, so no connection can meet the new address with the old port.
 * `map` looks strings up in a tree; `map_int` would walk a list of all doors for each connection.
 */
export const renderHaproxyConfig = (settings: HaproxySettings): string => `global
    maxconn ${String(settings.maxConnections)}
    nbthread ${String(settings.threads)}
    hard-stop-after 5s
    stats socket ${containerPaths.socket} mode 600 level admin
    stats timeout 10s

defaults
    mode tcp
    ${connecting}
    timeout client 1h
    timeout server 1h
    timeout client-fin 30s
    timeout server-fin 30s
    ${keepAlive}

frontend doors
    bind ${bindAddress(settings)}
    # Without the allow list, which the map holds for us only.
    tcp-request connection set-var(sess.door) ${doorOfPort}
    tcp-request connection reject unless { var(sess.door) -m found }
    tcp-request connection set-var(sess.local) dst,hex
    # Counted at doors without a limit too, so that a limit that is set later knows who is there.
    tcp-request connection track-sc0 dst_port table connections
    # Both families are compared by their digits; an IPv4 client of an IPv6 socket is one of IPv4.
    acl mapped-local var(sess.local) -m beg 00000000000000000000FFFF
    acl mapped-remote var(sess.remote) -m beg 00000000000000000000FFFF
    acl shut var(sess.door) -m str ${shutDoor}
    tcp-request connection accept if shut
${wayRules('connection')}
    tcp-request inspect-delay ${String(holdMs)}ms
    # These rules begin anew when something comes from the client, and once more when the time is over.
    tcp-request content accept unless shut
    tcp-request content set-var(sess.door) ${doorOfPort}
    # With a reset: a plain reject would end the connection as if all were well.
    tcp-request content silent-drop rst-ttl 64 if shut WAIT_END
${wayRules('content')}
    use_backend idle-%[var(sess.idle)] if { var(sess.idle) -m len 1: }
    default_backend databases

backend connections
    stick-table type integer size ${String(settings.ports.last - settings.ports.first + 1)} expire 1h store conn_cur

backend databases
    server any 0.0.0.0:0

${idleTimeouts().map(idleBackend).join('\n')}`;

const doorOfPort = `dst_port,map(${containerPaths.doors}),field(1,|,5)`;

/** Where a connection goes, and whether it may: on arrival, or after it was held, as the door is then. */
const wayRules = (stage: 'connection' | 'content'): string => {
  const rule = `tcp-request ${stage}`;
  const refuse = stage === 'connection' ? 'reject' : 'silent-drop rst-ttl 64';
  return `    ${rule} set-dst var(sess.door),field(1,:)
    ${rule} set-dst-port var(sess.door),field(1,|),field(2,:)
    ${rule} accept unless { var(sess.door) -m sub | }
    ${rule} set-var(sess.limit) var(sess.door),field(2,|)
    ${rule} set-var(sess.idle) var(sess.door),field(3,|)
    ${rule} set-var(sess.bind) var(sess.door),field(4,|)
    ${rule} set-var(sess.list) var(sess.door),field(5,|)
    ${rule} set-var(sess.local) var(sess.local),bytes(24,8) if mapped-local
    ${rule} ${refuse} if { var(sess.bind) -m len 1: } !{ var(sess.local),strcmp(sess.bind) eq 0 }
    ${rule} set-var(sess.remote) src,hex
    ${rule} set-var(sess.remote) var(sess.remote),bytes(24,8) if mapped-remote
    ${rule} set-var-fmt(sess.remote) %[var(sess.list)]/%[var(sess.remote),length]/%[var(sess.remote)]
    ${rule} ${refuse} if { var(sess.list) -m len 1: } !{ var(sess.remote),map_beg(${containerPaths.allowed}) -m found }
    ${rule} ${refuse} if { var(sess.limit) -m len 1: } { sc0_conn_cur(connections),sub(sess.limit) gt 0 }`;
};

/** In TCP mode no time-out can be set for one connection: there is one way through for each length of it. */
const idleBackend = (seconds: number): string => `backend idle-${String(seconds)}
    timeout tunnel ${String(seconds)}s
    server any 0.0.0.0:0
`;

const bindAddress = ({ bindAddress: address, ports }: HaproxySettings): string => {
  const range = `${String(ports.first)}-${String(ports.last)}`;
  if (!isIPv6(address)) return `ipv4@${address}:${range}`;
  // The IPv6 wildcard stands for all addresses of the host.
  return `ipv6@${address}:${range}${address === '::' ? ' v4v6' : ''}`;
};

/** For the listeners, threads, the socket's clients and the standard streams. */
const spareFiles = 200;

/** HAProxy refuses to start with less: two sockets for each connection and one for each port. */
export const openFilesLimit = ({ ports, maxConnections }: HaproxySettings): number =>
  2 * maxConnections + (ports.last - ports.first + 1) + spareFiles;
