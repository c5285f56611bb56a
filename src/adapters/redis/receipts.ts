import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** Runs a script in one request. Its reply is a list of strings. */
export type RunScript = (
  script: string,
  keys: readonly string[],
  args: readonly string[],
  details: ErrorDetails,
  readOnly?: boolean,
) => Promise<readonly string[]>;

/*
 * Receipts make a command happen once though a client sends it again after a lost reply.
 *
 * Every command that writes has a number. Redis keeps a hash for each writer, which is this module in one process or
 * isolate, with the outcome of each command whose reply may still be under way. Each command also brings the lowest
 * number that has no reply yet (the floor): outcomes below it are dropped, and a copy of such a command that arrives
 * late is refused. So the hash holds about as many outcomes as there are commands at the same time, and it expires two
 * minutes after the last one.
 */

/** Names of hashes start with this, after the prefix of the store. */
export const RECEIPTS = "edge-key-value:receipts:";

interface Writer {
  readonly id: string;
  next: number;
  /** The numbers that wait for a reply and when they were sent, in order. */
  readonly pending: Map<number, number>;
}

/** Stop waiting for a reply after this many milliseconds: on Workers, a promise of a cancelled request never settles. */
const PATIENCE = 60_000;

/** Shared by all stores: a Worker may make a new one for each request. */
let writer: Writer | undefined;

function currentWriter(): Writer {
  const [oldest] = writer?.pending.values() ?? [];
  if (!writer || (oldest !== undefined && Date.now() - oldest > PATIENCE)) {
    writer = { id: crypto.randomUUID(), next: 1, pending: new Map() };
  }
  return writer;
}

/** Runs scripts of {@link receipted} for one store. `nameOf` returns the name of a writer's hash in the slot of a key. */
export function withReceipts(run: RunScript, nameOf: (writer: string, key: string) => string): RunScript {
  let mine: Writer | undefined;
  /** The hashes that exist, and when they were last used. */
  let used = new Map<string, number>();

  return async (script, keys, args, details) => {
    const current = currentWriter();
    if (mine !== current) {
      mine = current;
      used = new Map();
    }
    const name = nameOf(current.id, keys[0] as string);
    const number = current.next++;
    current.pending.set(number, Date.now());
    const [floor] = current.pending.keys();
    const exists = Date.now() - (used.get(name) ?? 0) < PATIENCE ? "1" : "";
    try {
      const reply = await run(script, [...keys, name], [...args, `${number}`, `${floor}`, exists], details);
      used.set(name, Date.now());
      if (reply[0] !== "*") return reply;
      // Either this was a late copy that nobody waits for, or Redis has dropped the hash, and its contents are lost.
      if (writer === current) writer = undefined;
      throw unknownOutcome(details);
    } finally {
      current.pending.delete(number);
    }
  };
}

function unknownOutcome(details: ErrorDetails): KeyValueError {
  const message =
    "Redis has lost its record of this store's writes; this one may have happened before, and was not repeated";
  return new KeyValueError("unavailable", message, details);
}

/**
 * Makes a script happen once. The last key is the hash, the last arguments are the number, the floor, and `1` when the
 * hash must exist. `*` refuses a copy that came late.
 *
 * A script may return what to keep as its second value. `~` stands for a refused swap: sent again, it is refused again,
 * with what is there now.
 */
export function receipted(body: string): string {
  return `
local receipts = table.remove(KEYS)
local exists = table.remove(ARGV)
local floor = tonumber(table.remove(ARGV))
local number = table.remove(ARGV)
local known = redis.call('HMGET', receipts, number, 'floor', 'room')
local function operation()${body}
end
if known[1] == '~' then
  ARGV[1] = '~'
  return (operation())
end
if known[1] then
  local out = {}
  for line in (known[1] .. '\\n'):gmatch('(.-)\\n') do table.insert(out, line) end
  return out
end
local before = tonumber(known[2])
if before and tonumber(number) < before or not before and exists == '1' then return {'*'} end
local out, kept = operation()
floor = math.max(floor, before or 0)
redis.call('HSET', receipts, number, kept or table.concat(out, '\\n'), 'floor', string.format('%.0f', floor))
redis.call('PEXPIRE', receipts, 120000)
if redis.call('HLEN', receipts) > (tonumber(known[3]) or 50) then
  for _, name in ipairs(redis.call('HKEYS', receipts)) do
    if (tonumber(name) or floor) < floor then redis.call('HDEL', receipts, name) end
  end
  redis.call('HSET', receipts, 'room', 2 * redis.call('HLEN', receipts) + 50)
end
return out`;
}
