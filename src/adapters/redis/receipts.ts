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
 * minutes after it was last renewed, which happens at least every 20 seconds while it is used.
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

/** A hash certainly lives for this many milliseconds after a renewal: the two minutes less a minute under way. */
const RENEWED_FOR = 60_000;

/** Shared by all stores: a Worker may make a new one for each request. */
let writer: Writer | undefined;

function currentWriter(now: number): Writer {
  const [oldest = now] = writer?.pending.values() ?? [];
  if (!writer || now - oldest > PATIENCE) writer = { id: crypto.randomUUID(), next: 1, pending: new Map() };
  return writer;
}

/** What a store knows of a hash: when it was last renewed, and how many commands have used it. */
interface Hash {
  renewed: number;
  commands: number;
}

/**
 * What a command does for its hash beside adding an outcome: `renew` lets the hash live for two minutes from now on and
 * drops old outcomes, and `create` also makes the hash if there is none. That takes Redis as long as the rest, so not every
 * command does it.
 */
function nextUpkeep(hash: Hash, now: number): "create" | "renew" | "" {
  const age = Math.abs(now - hash.renewed);
  if (age > RENEWED_FOR) return "create";
  return age > RENEWED_FOR / 3 || hash.commands++ % 20 === 0 ? "renew" : "";
}

/** Runs scripts of {@link receipted} for one store. `nameOf` returns the name of a writer's hash in the slot of a key. */
export function withReceipts(run: RunScript, nameOf: (writer: string, key: string) => string): RunScript {
  let mine: Writer | undefined;
  let hashes = new Map<string, Hash>();

  return async (script, keys, args, details) => {
    const now = Date.now();
    const current = currentWriter(now);
    if (mine !== current) {
      mine = current;
      hashes = new Map();
    }
    const name = nameOf(current.id, keys[0] as string);
    const hash = hashes.get(name) ?? { renewed: 0, commands: 0 };
    const number = current.next++;
    current.pending.set(number, now);
    const [floor = number] = current.pending.keys();
    const upkeep = nextUpkeep(hash, now);
    try {
      const reply = await run(script, [...keys, name], [...args, `${number}`, `${floor}`, upkeep], details);
      if (upkeep !== "") {
        hash.renewed = now;
        hashes.set(name, hash);
      }
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
 * Makes a script happen once. The last key is the hash; the last arguments are the number, the floor, and the upkeep of the
 * hash, which must exist unless that is `create`. `*` refuses a copy that came late.
 *
 * A script may return what to keep as its second value. `~` stands for a refused swap: sent again, it is refused again,
 * with what is there now.
 */
export function receipted(body: string): string {
  return `
local receipts, number, floor, upkeep = KEYS[#KEYS], ARGV[#ARGV - 2], ARGV[#ARGV - 1], ARGV[#ARGV]
KEYS[#KEYS] = nil
local known = redis.call('HMGET', receipts, number, 'floor')
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
local before = known[2]
if before and tonumber(number) < tonumber(before) or not before and upkeep ~= 'create' then return {'*'} end
local out, kept = operation()
if before and tonumber(floor) < tonumber(before) then floor = before end
redis.call('HSET', receipts, number, kept or table.concat(out, '\\n'), 'floor', floor)
if upkeep == '' then return out end
redis.call('PEXPIRE', receipts, 120000)
if redis.call('HLEN', receipts) > (tonumber(redis.call('HGET', receipts, 'room')) or 50) then
  floor = tonumber(floor)
  local old = {}
  for _, name in ipairs(redis.call('HKEYS', receipts)) do
    if (tonumber(name) or floor) < floor then old[#old + 1] = name end
  end
  for i = 1, #old, 1000 do redis.call('HDEL', receipts, unpack(old, i, math.min(i + 999, #old))) end
  redis.call('HSET', receipts, 'room', 2 * redis.call('HLEN', receipts) + 50)
end
return out`;
}
