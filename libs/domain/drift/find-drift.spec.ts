import { describe, expect, it } from '@jest/globals';
import { aclUser } from '../server/acl-line.js';
import { shutGate } from '../server/server-role.js';
import { findDrift } from './find-drift.js';
import { findingCodes } from './finding.js';
import type { Server } from './server-state.js';
import { TestServer } from './testing/server.js';

const alone = new TestServer('p');
const source = new TestServer('s', null, { followers: ['r'] });
const replica = new TestServer('r', source);
const fenced = new TestServer('f', null, { role: 'fenced' });
const memory = new TestServer('m', null, { persistence: 'none', followers: ['n'] });
const memoryReplica = new TestServer('n', memory, { persistence: 'none' });
const gate = { 'min-replicas-to-write': '1' };
const user = (line: string) => aclUser(line);
const withUsers = (change: (lines: TestServer['figures']['users']) => TestServer['figures']['users']): Server =>
  source.seen({ answer: { ...source.figures, users: change(source.figures.users) } });

/** What is looked at first, the others of its tree after it, and `code severity repair` of what is found. */
const cases: [string, readonly Server[], readonly string[]][] = [
  ['nothing', [alone.seen()], []],
  ['nothing of a source', [source.seen(), replica.seen()], []],
  ['nothing of a replica', [replica.seen(), source.seen()], []],
  ['a missing container', [alone.seen({ container: null })], ['container_missing down safe']],
  ['a missing volume', [alone.seen({ container: null, volumeExists: false })], ['volume_missing down manual']],
  [
    'a missing volume that held no data',
    [new TestServer('p', null, { persistence: 'none' }).seen({ container: null, volumeExists: false })],
    ['container_missing down safe'],
  ],
  ['a stopped container', [alone.in('exited')], ['container_stopped down safe']],
  ['a container that was never started', [alone.in('created')], ['container_stopped down safe']],
  ['a paused container', [alone.in('paused')], ['container_paused down manual']],
  ['a container that ends again and again', [alone.in('restarting')], ['container_restarting down none']],
  [
    "a stranger's container",
    [alone.seen({ container: { ...alone.container, owned: false }, answer: { kind: 'not-asked' } })],
    ['container_stranger down manual'],
  ],
  [
    'another restart policy',
    [alone.seen({ container: { ...alone.container, restartPolicy: 'no' } })],
    ['restart_policy_differs degraded safe'],
  ],
  [
    'another image, and never changes it',
    [alone.seen({ container: { ...alone.container, image: 'redis:7.0' } })],
    ['image_differs degraded manual'],
  ],
  [
    'another memory limit',
    [alone.seen({ container: { ...alone.container, memoryLimitBytes: 1 } })],
    ['memory_limit_differs degraded manual'],
  ],
  ['a container off its network', [alone.attachedAs(null)], ['network_differs down safe']],
  [
    'a container at another address',
    [alone.attachedAs({ ipv4: '10.0.0.9', aliases: ['p'] })],
    ['network_differs down safe'],
  ],
  [
    'a primary off its network, in whose place a replica takes writes',
    [source.attachedAs(null, { kind: 'silent' }), replica.withView({ role: 'master' })],
    ['network_differs down manual', 'server_silent down none'],
  ],
  ['a lost name', [alone.attachedAs({ aliases: [] })], ['network_differs degraded safe']],
  ['a name that is not its own', [alone.attachedAs({ aliases: ['p', 'q'] })], ['network_differs degraded safe']],
  ['nothing of a network while the engine is away', [alone.seen({ container: 'unknown', answer: alone.figures })], []],
  ['another certificate', [alone.showing('2027-01-02T03:04:06Z')], ['certificate_differs degraded safe']],
  ['no other certificate in one with the same end', [alone.showing('2027-01-02T03:04:05Z', 'BB')], []],
  [
    "another certificate than an operator's",
    [alone.showing('2027-01-02T03:04:05Z', 'BB', 'AA')],
    ['certificate_differs degraded safe'],
  ],
  ["an operator's certificate", [alone.showing('2027-01-02T03:04:05Z', 'AA', 'AA')], []],
  [
    'a certificate that is not accepted',
    [alone.seen({ answer: { kind: 'untrusted', code: 'CERT_HAS_EXPIRED' } })],
    ['certificate_refused down manual'],
  ],
  ['a silent server', [alone.seen({ answer: { kind: 'silent' } })], ['server_silent down none']],
  [
    'a silent server while the engine is away',
    [alone.seen({ container: 'unknown', answer: { kind: 'silent' } })],
    ['server_silent down none'],
  ],
  [
    'nothing of the container while the engine is away',
    [alone.seen({ container: 'unknown', answer: alone.figures })],
    [],
  ],
  ['a busy server', [alone.seen({ answer: { kind: 'busy', code: 'LOADING' } })], ['server_busy degraded none']],
  [
    "another password of the manager's",
    [alone.seen({ answer: { kind: 'refused', code: 'WRONGPASS' } })],
    ['manager_refused degraded safe'],
  ],
  [
    "another password of the tenant's",
    [withUsers((users) => users.map((one) => (one.name === 'tenant' ? user('user tenant on #c ~* &*') : one)))],
    ['users_differ degraded safe'],
  ],
  ['a missing login of a follower', [withUsers((users) => users.slice(0, 2))], ['users_differ degraded safe']],
  [
    'a login of nobody',
    [withUsers((users) => [...users, user('user holdfast-replica-x on')])],
    ['users_differ degraded safe'],
  ],
  [
    'no login of a follower on its way',
    [withUsers((users) => [...users, user('user holdfast-replica-pending on')])],
    [],
  ],
  ["none of the tenant's own users", [withUsers((users) => [...users, user('user app on nopass')])], []],
  ['a hot setting', [alone.withSettings({ maxmemory: '1' })], ['settings_differ degraded safe']],
  [
    'a replica that can be written to',
    [replica.withSettings({ 'replica-read-only': 'no' }), source.seen()],
    ['settings_differ degraded safe'],
  ],
  ['a setting that needs a start', [alone.withSettings({ 'tls-port': '1' })], ['settings_differ degraded manual']],
  [
    'a primary that was made a replica of nobody',
    [alone.withView({ role: 'slave', sourceAddress: '127.0.0.1' })],
    ['role_differs down safe'],
  ],
  [
    'a primary that copied another server',
    [alone.withView({ role: 'slave', sourceAddress: '1.1.1.1', linkUp: true })],
    ['role_differs down manual'],
  ],
  [
    'a promotion by hand',
    [
      source.withView({ role: 'slave', sourceAddress: replica.recorded.address, linkUp: true }),
      replica.withView({ role: 'master' }),
    ],
    ['role_differs down manual'],
  ],
  [
    'a replica that was made a primary, whose source is gone',
    [replica.withView({ role: 'master' }), source.in('exited')],
    ['role_differs down manual'],
  ],
  ['two that take writes', [source.seen(), replica.withView({ role: 'master' })], ['split_brain down manual']],
  [
    'two that take writes, on the replica',
    [replica.withView({ role: 'master' }), source.seen()],
    ['split_brain down manual'],
  ],
  [
    'a replica of another server',
    [replica.withView({ sourceAddress: '1.1.1.1' }), source.seen()],
    ['source_differs degraded safe'],
  ],
  ['a first copy', [replica.withView({ linkUp: false, syncing: true }), source.seen()], ['link_copying degraded none']],
  [
    'a link that went down a moment ago',
    [replica.withView({ linkUp: false, linkDownSeconds: 3 }), source.seen()],
    ['link_down degraded none'],
  ],
  [
    'a link that stays down',
    [replica.withView({ linkUp: false, linkDownSeconds: 30 }), source.seen()],
    ['link_down degraded safe'],
  ],
  [
    'a link that never came up',
    [replica.withView({ linkUp: false, linkDownSeconds: null }), source.seen()],
    ['link_down degraded safe'],
  ],
  [
    'a link to a source that is gone',
    [replica.withView({ linkUp: false, linkDownSeconds: 30 }), source.in('exited')],
    ['link_down degraded none'],
  ],
  ['a gate that keeps writes out', [source.withSettings(gate), replica.seen()], ['gate_shut down safe']],
  [
    'a gate that a follower holds open',
    [source.withSettings(gate, { goodFollowers: 1 }), replica.seen()],
    ['gate_shut degraded safe'],
  ],
  ['a gate while a replica does not run', [source.withSettings(gate), replica.in('exited')], ['gate_shut down safe']],
  [
    'a gate while a replica does not answer',
    [source.withSettings(gate), replica.seen({ answer: { kind: 'silent' } })],
    ['gate_shut down none'],
  ],
  [
    'a gate while a replica takes writes',
    [source.withSettings(gate), replica.withView({ role: 'master' })],
    ['gate_shut down manual'],
  ],
  [
    'a memory-only source that came back empty',
    [memory.withSettings(shutGate('none'), { keys: 0 }), memoryReplica.seen()],
    ['memory_lost down manual'],
  ],
  [
    'a memory-only source that came back empty, and followers that cannot be asked',
    [memory.withSettings(shutGate('none'), { keys: 0 }), memoryReplica.seen({ answer: { kind: 'silent' } })],
    ['memory_lost down manual'],
  ],
  [
    'a memory-only source that came back empty, and so did its follower',
    [memory.withSettings(shutGate('none'), { keys: 0 }), memoryReplica.withView({}, { keys: 0 })],
    ['gate_shut down safe'],
  ],
  ['a memory-only source that a tenant emptied', [memory.withView({}, { keys: 0 }), memoryReplica.seen()], []],
  [
    'a memory-only source that does not run',
    [memory.in('exited'), memoryReplica.seen()],
    ['container_stopped down manual'],
  ],
  [
    'a memory-only source whose container is gone',
    [memory.seen({ container: null }), memoryReplica.seen()],
    ['container_missing down manual'],
  ],
  [
    'a primary that somebody stopped, in whose place a replica takes writes',
    [source.in('exited'), replica.withView({ role: 'master' })],
    ['container_stopped down manual'],
  ],
  ['a fenced database', [fenced.seen()], ['fenced down none']],
  [
    'a fenced database that comes back by itself',
    [fenced.seen({ container: { ...fenced.container, restartPolicy: 'unless-stopped' } })],
    ['fenced down none', 'restart_policy_differs degraded safe'],
  ],
  [
    'a fenced database that takes writes',
    [
      fenced.seen({
        container: { ...fenced.container, state: 'running' },
        answer: { ...fenced.figures, view: { ...fenced.figures.view, role: 'master' } },
      }),
    ],
    ['fenced down none', 'fenced_takes_writes down safe'],
  ],
];

describe('findDrift', () => {
  it.each(cases)('finds %s', (_, [server, ...others], expected) => {
    if (!server) throw new Error('No server');
    const found = findDrift(server, [server, ...others]);
    expect(found.map(({ code, severity, repair }) => `${code} ${severity} ${repair}`)).toEqual(expected);
  });

  it('is tried with everything that can be found', () => {
    const expected = new Set(cases.flatMap(([, , found]) => found.map((line) => line.split(' ')[0])));
    expect(findingCodes.filter((code) => !expected.has(code))).toEqual([]);
  });
});
