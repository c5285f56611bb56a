import { FOUND, GET, SET, TIME } from "./scripts.ts";

/*
 * The atomic operations of the core in Lua: what the function of the same name in `core/operations` does, by the
 * server's clock.
 *
 * KEYS: entry. ARGV: a new id, what follows the value in an envelope, the arguments of the operation.
 * They know entries of this library only. For entries of other programs, values of another kind, and what looks damaged
 * they change nothing, and return `?` and what is there: the caller then applies the function and swaps.
 */

/** In bytes. Scripts do not look into larger entries, because that would keep the server from other work. */
const LARGEST = 65536;

/**
 * The parts of an entry of this library: its deadline's text (empty for none), what lies between its id and its value,
 * and where its value starts. Nothing for any other bytes.
 */
const PARTS = `
local function parts(bytes)
  if not bytes or #bytes > ${LARGEST} then return end
  local deadline, at = bytes:match('^{"expires_at":"([^"]*)",()"id":"')
  if not at then deadline, at = '', 2 end
  local start = bytes:match('^"id":"[^"]*",()', at)
  local _, colon = bytes:find('"value":', start or 1, true)
  if start and colon then return deadline, bytes:sub(start, colon), colon + 1 end
end`;

/** A number as JavaScript writes it, in as many digits as it needs to read it back. Lua's own format has 14. */
const NUMBER = `
local function text(number)
  if number % 1 == 0 and math.abs(number) <= 9007199254740991 then return string.format('%.0f', number) end
  for digits = 15, 16 do
    local short = string.format('%.' .. digits .. 'g', number)
    if tonumber(short) == number then return short end
  end
  return string.format('%.17g', number)
end`;

/** What stands before the value of a new entry. */
const HEAD = `
local function head(id, created)
  return '"id":"' .. id .. '","created_at":"' .. date(created) .. '","value":'
end`;

const FETCH = `${GET}
local key, id, tail = KEYS[1], ARGV[1], ARGV[2]
local bytes = get(key)`;

const KNOW = `${TIME}${FOUND}${SET}${PARTS}
local function unknown()
  return {'?' .. found(bytes, key, true)}, '?'
end
if bytes == nil then return unknown() end
local deadline, middle, at = parts(bytes)
if bytes and not deadline then return unknown() end`;

const START = FETCH + KNOW;

/**
 * Adds to a whole number without a deadline, as most counters are: one pattern finds all parts of the entry. Lua makes the
 * functions that stand further down only after that.
 */
const COUNT = `
if bytes and #bytes <= ${LARGEST} then
  local pattern = '^{"id":"[^"]*()","created_at":"[^"]*","value":()(-?%d+)(,"version":.*)$'
  local middle, at, before, rest = bytes:match(pattern)
  local sum = before and before + ARGV[3] + 0
  if sum and sum == math.floor(sum) and math.abs(sum) <= 9007199254740991 then
    local value = string.format('%.0f', sum)
    redis.call('SET', key, '{"id":"' .. id .. bytes:sub(middle, at - 1) .. value .. rest, 'KEEPTTL')
    return {'+' .. value}
  end
end`;

/** Returns `-`, or `=` and the bytes that it has removed. What cannot be decoded is not removed. */
const TAKE = `${START}
if not bytes then return {'-'} end
if not pcall(cjson.decode, bytes) then return unknown() end
redis.call('DEL', key)
return {'=' .. bytes}`;

/** ARGV: what to add, and the life of a counter that it starts. Returns `+` and the sum, or `!` if that is out of range. */
const INCREMENT = `${FETCH}${COUNT}${KNOW}${NUMBER}${HEAD}
local before, rest = 0, tail
if bytes then
  before, rest = bytes:match('^(-?%d[%d.eE+-]*)(,"version":.*)$', at)
  before = tonumber(before)
  if not before then return unknown() end
end
local sum = before + ARGV[3] + 0
if math.abs(sum) > 9007199254740991 then return {'!'} end
if bytes then
  local start = deadline == '' and '{' or '{"expires_at":"' .. deadline .. '",'
  redis.call('SET', key, start .. '"id":"' .. id .. '",' .. middle .. text(sum) .. rest, 'KEEPTTL')
else
  set(redis.call, key, lasting(head(id, now()) .. text(sum) .. rest, ARGV[4]), ARGV[4])
end
return {'+' .. text(sum)}`;

/** ARGV: the new life. Returns `+`, or `-` if there was no entry. */
const TOUCH = `${START}
if not bytes then return {'-'} end
set(redis.call, key, lasting('"id":"' .. id .. '",' .. middle .. bytes:sub(at), ARGV[3]), ARGV[3])
return {'+'}`;

/**
 * ARGV: limit, window, cost. Returns `+` or `-` for allowed and refused, then what remains, and the milliseconds until a
 * refused call is allowed and until the whole limit is free.
 */
const LIMIT = `${START}${NUMBER}${HEAD}
local limit, window, cost = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = now()
local width = window / 64
local slice = math.floor(time / width)
local slices, counting, used = {}, {}, 0
if bytes then
  local list = bytes:match('^(%[[%d%[%],-]*%]),"version":', at)
  if not list then return unknown() end
  local copy = {}
  for number, taken in list:gmatch('%[(-?%d+),(-?%d+)%]') do
    table.insert(copy, '[' .. number .. ',' .. taken .. ']')
    local one = {tonumber(number), tonumber(taken)}
    if math.max(math.abs(one[1]), one[2]) > 9007199254740991 or one[2] < 0 then return unknown() end
    if one[1] >= slice - 64 then
      table.insert(counting, one)
      used = used + one[2]
    end
  end
  if '[' .. table.concat(copy, ',') .. ']' ~= list then return unknown() end
end
local function free_after(needed)
  local left = needed
  for _, one in ipairs(counting) do
    left = left - one[2]
    if left <= 0 then return needed > 0 and math.max(0, (one[1] + 65) * width - time) or 0 end
  end
  return 0
end
local least = math.max(1, cost)
local allowed = used + least <= limit
local taken = allowed and cost or 0
local reset = taken > 0 and (slice + 65) * width - time or free_after(used)
local remaining = math.max(0, limit - used - taken)
local again = allowed and 0 or free_after(used + least - limit)
if taken ~= 0 then
  local before, others, place = nil, {}, 1
  for _, one in ipairs(counting) do
    if one[1] == slice and not before then
      before = one[2]
    else
      table.insert(others, one)
      if one[1] < slice then place = place + 1 end
    end
  end
  table.insert(others, place, {slice, (before or 0) + taken})
  for i, one in ipairs(others) do others[i] = '[' .. text(one[1]) .. ',' .. text(one[2]) .. ']' end
  local margin = math.min(math.max(window, 1000), 60000)
  local life = math.ceil(time + window * 65 / 64 + margin) - time
  local value = '[' .. table.concat(others, ',') .. ']'
  set(redis.call, key, lasting(head(id, time) .. value .. tail, life), life)
end
return {(allowed and '+' or '-') .. text(remaining) .. ',' .. text(again) .. ',' .. text(reset)}`;

/** ARGV: owner as JSON, life, and `1` to take a free lock. Returns `+` and the token, or `-` if somebody else has the lock. */
const HOLD = `${START}${NUMBER}${HEAD}
local owner, life, take = ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local time = now()
local token, holder, ends, rest
if bytes then
  token, holder, ends, rest = bytes:match('^{"token":(-?%d[%d.eE+-]*),"owner":(.-),"until":(-?%d[%d.eE+-]*)}(,"version":.*)$', at)
  token, ends = tonumber(token), tonumber(ends)
  if not token or not ends or token % 1 ~= 0 or math.abs(token + 1) > 9007199254740991 then return unknown() end
  if holder ~= 'null' and not holder:find('^"[^%c]*"$') then return unknown() end
end
local mine = holder == owner
local free = not token or holder == 'null' or ends <= time
if not mine and not (take and free) then return {'-'} end
if not mine then token = math.max((token or 0) + 1, time * 1000) end
local value = '{"token":' .. text(token) .. ',"owner":' .. (life > 0 and owner or 'null') .. ',"until":' .. text(time + life) .. '}'
local start = bytes and '"id":"' .. id .. '",' .. middle or head(id, time)
local total = text(life + 60000)
set(redis.call, key, lasting(start .. value .. (rest or tail), total), total)
return {'+' .. text(token)}`;

/** By the name of the operation. */
export const OPERATION_SCRIPTS: Readonly<Record<string, string>> = {
  take: TAKE,
  increment: INCREMENT,
  touch: TOUCH,
  limit: LIMIT,
  hold: HOLD,
};
