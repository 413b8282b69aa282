export interface AclUser {
  readonly name: string;
  /** As `ACL SETUSER` takes them: a selector in parentheses is one rule. */
  readonly rules: readonly string[];
}

/** `user alice on #… ~* (+get ~x)`, as `ACL LIST` and ACL files write a user (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/). */
export const aclUser = (line: string): AclUser => {
  const [, name = '', ...rules] = line.match(/\([^)]*\)|\S+/g) ?? [];
  return { name, rules };
};
