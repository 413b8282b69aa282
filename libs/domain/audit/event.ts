/** One entry of the history. `action` is `<operation kind or subject>.<what happened>`, such as `provision.requested`. */
export interface AuditEvent {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly environmentId: string | null;
  readonly databaseId: string | null;
  readonly operationId: string | null;
  /** Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The text that is stored and hashed, byte for byte: keys in a fixed order, so that it can be written only one way. */
export const auditBody = (event: AuditEvent): string =>
  JSON.stringify({
    id: event.id,
    at: event.at,
    actor: event.actor,
    action: event.action,
    environmentId: event.environmentId,
    databaseId: event.databaseId,
    operationId: event.operationId,
    detail: event.detail,
  });
