import type { AuditEvent } from '#domain/audit/event.js';
import { newId } from '../control.js';

export interface AuditSubject {
  readonly environmentId?: string | null;
  readonly databaseId?: string | null;
  readonly operationId?: string | null;
}

export const auditEvent = (
  at: Date,
  actor: string,
  action: string,
  subject: AuditSubject,
  detail: Readonly<Record<string, unknown>> = {},
): AuditEvent => ({
  id: newId(),
  at: at.toISOString(),
  actor,
  action,
  environmentId: subject.environmentId ?? null,
  databaseId: subject.databaseId ?? null,
  operationId: subject.operationId ?? null,
  detail,
});
