export const databaseStatuses = [
  'pending',
  'provisioning',
  'provisioned',
  'deprovisioning',
  'deprovisioned',
  'provision_failed',
  'deprovision_failed',
] as const;
export type DatabaseStatus = (typeof databaseStatuses)[number];

export const databaseRoles = ['primary', 'replica', 'fenced'] as const;
export type DatabaseRole = (typeof databaseRoles)[number];

export const databaseHealths = ['healthy', 'degraded', 'down', 'unknown'] as const;
export type DatabaseHealth = (typeof databaseHealths)[number];

export const credentialTypes = ['redis', 'redis+ssl'] as const;
export type CredentialType = (typeof credentialTypes)[number];

export const doorFollows = ['database', 'primary'] as const;
export type DoorFollows = (typeof doorFollows)[number];
