export interface RedisDeadlines {
  /** From the first packet to the first PONG. Default 5,000. */
  readonly connectMs?: number;
  /** Of one command. Default 10,000. */
  readonly commandMs?: number;
}
