import type { RepairAction } from '#domain/drift/decide-repair.js';
import { settingsToMend } from '#domain/drift/settings-findings.js';
import { userDifferences } from '#domain/drift/user-findings.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { databaseAddress } from '#domain/server/addresses.js';
import { serverPorts } from '#domain/server/names.js';
import { nowhere } from '#domain/server/server-role.js';
import { serverUsers } from '#domain/server/users.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { findDatabase } from '#persistence/databases.js';
import { renewInRepair } from '../certificates/renew.js';
import { answerToHandles } from '../rename/answer-to.js';
import type { AttemptContext } from '../run/context.js';
import { asManager, managerTarget } from '../server/manager.js';
import { openPasswords, replicationLogin } from '../server/material.js';
import { open } from '../server/readiness.js';
import { serverOf } from '../server/server.js';
import { askServer } from './ask-server.js';
import { answerMs } from './observe.js';
import { currentRow, figuresIn, repairView } from './repair-view.js';

type Remedy = (context: AttemptContext) => Promise<void>;

/** A server with much data may load for minutes. */
const answerDeadlineMs = 180_000;
/** A link that needs longer comes up by itself, or shows at the next look. */
const linkMs = 5000;

const awaitAnswer: Remedy = async (context) => {
  const { subject } = await repairView(context);
  const { ca_certificate_pem: authority } = context.installation;
  await waitUntil(
    async (signal) => {
      const { answer } = await askServer(context.engines.redis, authority, subject, answerMs, signal);
      return answer.kind === 'silent' || answer.kind === 'busy' ? undefined : answer;
    },
    { describe: `the server of "${context.database.handle}"`, deadlineMs: answerDeadlineMs },
    context.signal,
  );
};

const restartPolicy: Remedy = async (context) => {
  const { engines, control, environment, signal } = context;
  const row = currentRow(await repairView(context));
  const policy = row.role === 'fenced' ? 'no' : 'unless-stopped';
  await engines.containers.setRestartPolicy(serverOf(control, row, environment).name, policy, signal);
};

/** A tenant may change any user of its server, Holdfast's as well; so the tenant's own login can put it back. */
const logIn: Remedy = async (context) => {
  const { control, database, engines, signal } = context;
  const { subject } = await repairView(context);
  const [password = ''] = (await openPasswords(control, database.id)).tenant;
  const manager = subject.recorded.users.find(({ name }) => name === serverUsers.manager);
  const target = { ...(await managerTarget(context)), username: serverUsers.tenant, password };
  try {
    const node = await engines.redis.connect(target, signal);
    try {
      await node.command(['ACL', 'SETUSER', serverUsers.manager, 'reset', ...(manager?.rules ?? [])], signal);
      await node.command(['ACL', 'SAVE'], signal);
    } finally {
      node.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HoldfastError)) throw error;
    await context.log('warn', `The tenant's login cannot put the manager's back: ${error.detail}`);
  }
};

const settings: Remedy = async (context) => {
  const view = await repairView(context);
  const figures = figuresIn(view);
  if (!figures) return;
  const wanted = settingsToMend(view.subject.recorded.shape, figures.settings);
  await asManager(context, async (node) => {
    for (const [name, value] of wanted) await node.command(['CONFIG', 'SET', name, value], context.signal);
  });
};

/** Holdfast's users as they must be, and none of followers that are gone. The tenant's own users stay. */
const users: Remedy = async (context) => {
  const view = await repairView(context);
  const figures = figuresIn(view);
  if (!figures) return;
  const { users: wanted, toleratedUsers } = view.subject.recorded;
  const { missing, altered, surplus } = userDifferences(wanted, toleratedUsers, figures.users);
  await asManager(context, async (node) => {
    for (const { name, rules } of wanted.filter((user) => [...missing, ...altered].includes(user.name))) {
      await node.command(['ACL', 'SETUSER', name, 'reset', ...rules], context.signal);
    }
    if (surplus.length > 0) await node.command(['ACL', 'DELUSER', ...surplus], context.signal);
    await node.command(['ACL', 'SAVE'], context.signal);
  });
};

const replicaOfNobody: Remedy = (context) =>
  asManager(context, async (node) => void (await node.command(['REPLICAOF', 'NO', 'ONE'], context.signal)));

/** Follows as recorded, with the login that the source knows. */
const follow: Remedy = async (context) => {
  const { control, database, environment, signal } = context;
  const row = await findDatabase(control.db, database.id);
  const source = row?.source_id ? await findDatabase(control.db, row.source_id) : undefined;
  if (!source) return;
  const address = databaseAddress(control.networkPool, environment.network_index, source.address_index);
  const { username, password } = await replicationLogin(control, database.id);
  await asManager(context, async (node) => {
    await node.command(['CONFIG', 'SET', 'masteruser', username], signal);
    await node.command(['CONFIG', 'SET', 'masterauth', password], signal);
    await node.command(['REPLICAOF', address, String(serverPorts.tls)], signal);
    await glanceAtLink(node, signal);
  });
};

const glanceAtLink = async (node: RedisNode, signal: AbortSignal): Promise<void> => {
  const isUp = async (within: AbortSignal): Promise<true | undefined> =>
    (await node.info('replication', within))['master_link_status'] === 'up' ? true : undefined;
  await waitUntil(isUp, { describe: 'the link', deadlineMs: linkMs }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof HoldfastError)) throw error;
  });
};

const fence: Remedy = (context) =>
  asManager(context, async (node) => {
    await node.command(['REPLICAOF', ...nowhere.split(' ')], context.signal);
    await node.command(['CONFIG', 'SET', 'replica-read-only', 'yes'], context.signal);
  });

/** Looked at once more: what has been started since may be another one that takes writes. */
const gate: Remedy = async (context) => {
  const { findings } = await repairView(context);
  if (!findings.some(({ code, repair }) => code === 'gate_shut' && repair === 'safe')) return;
  await asManager(context, (node) => open(node, context.signal));
};

export const remedies = {
  'await-answer': awaitAnswer,
  attach: answerToHandles,
  'restart-policy': restartPolicy,
  'log-in': logIn,
  settings,
  users,
  lead: replicaOfNobody,
  follow,
  fence,
  certificate: renewInRepair,
  gate,
} satisfies Partial<Record<RepairAction, Remedy>>;
