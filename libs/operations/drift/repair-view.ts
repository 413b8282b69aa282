import type { ServerFigures } from '#domain/drift/server-state.js';
import type { Finding } from '#domain/drift/finding.js';
import { treeIndex } from '#persistence/drift.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { mergedHosts } from './look.js';
import { observeOnHost, type Lookout } from './observe.js';
import type { Subject } from './recorded.js';
import { subjectsOf, survey, type Surveyed } from './survey.js';

/** What an attempt of a repair sees of its database. */
export interface RepairView {
  readonly subject: Subject;
  readonly surveyed: Surveyed;
  readonly findings: readonly Finding[];
}

/** As the row is now: what the attempt began with may have been written anew since. */
export const currentRow = ({ surveyed }: RepairView): DatabaseRow => surveyed.target.database;

/** Looks at the database and all that hang together with it. Errors: those of the engine. */
export const repairView = async (context: AttemptContext): Promise<RepairView> => {
  const lookout: Lookout = context;
  const { control, database, operation, signal } = context;
  const ids = await treeIndex(control.db, database.id);
  const subjects = await subjectsOf(lookout, ids, operation.created_at);
  const hosts = await Promise.all(subjects.map((subject) => observeOnHost(lookout, subject, signal)));
  const surveyed = await survey(lookout, subjects, mergedHosts(hosts), signal);
  const subject = subjects.find(({ recorded }) => recorded.id === database.id);
  const own = surveyed.find(({ target }) => target.database.id === database.id);
  if (!subject || !own) throw new Error(`Database ${database.id} is not among those that are ready`);
  return { subject, surveyed: own, findings: own.findings };
};

/** Null when the server does not answer. */
export const figuresIn = ({ surveyed }: RepairView): ServerFigures | null =>
  surveyed.answer.kind === 'answers' ? surveyed.answer : null;
