export type RedisReply = Buffer | string | number | null | Error | RedisReply[];

export interface RedisConnection {
  send(command: readonly (string | Uint8Array)[]): Promise<RedisReply>;
  end(): void;
}

export function connectRedis(path: string): Promise<RedisConnection>;

export function replyParser(emit: (reply: RedisReply) => void): (chunk: Uint8Array) => void;
