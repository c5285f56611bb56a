/*
 * The Lua that Redis runs, one script for each operation, so that each is one round trip and atomic.
 *
 * Every reply is a list of strings that start with a sign. No JSON does, so a client that parses replies as JSON where
 * it can hands them over as they are.
 */

/** A value of another type than string is somebody else's: `!`. What is missing: `-`. */
const TAGGED = `
local function tagged(key, versioned)
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then return '!' end
  return value and '=' .. (versioned and redis.sha1hex(value) or '') .. value or '-'
end`;

/** No value stands for a removal, and no time for an entry that never expires. */
const PUT = `
local function put(call, key, value, px)
  if value == '' then return call('DEL', key) end
  if px == '' then return call('SET', key, value) end
  return call('SET', key, value, 'PX', px)
end`;

/**
 * The deadline in an entry, as it is written there; an empty string where there is none to find, and \`false\` for what
 * is no entry. Own entries begin with it; others are parsed.
 */
const DEADLINE = `
local function deadline(key)
  local head = redis.pcall('GETRANGE', key, 0, 63)
  if type(head) == 'table' or redis.call('EXISTS', key) == 0 then return false end
  if head:sub(1, 6) == '{"id":' then return '' end
  local own = head:match('^{"expires_at":"([^"]*)"')
  if own then return own end
  local ok, entry = pcall(cjson.decode, redis.call('GET', key))
  ok = ok and type(entry) == 'table' and type(entry.expires_at) == 'string'
  return ok and entry.expires_at or ''
end`;

/** KEYS: entries. ARGV: `1` for versions, which are digests of the bytes. Answers `=` version bytes, `-` or `!`. */
export const READ: string = `${TAGGED}
local out = {}
for i, key in ipairs(KEYS) do out[i] = tagged(key, ARGV[1] == '1') end
return out`;

/** KEYS: entries. ARGV: value and milliseconds of each. Answers `+`, or `!` and what went wrong. */
export const WRITE: string = `${PUT}
local out = {}
for i, key in ipairs(KEYS) do
  local reply = put(redis.pcall, key, ARGV[2 * i - 1], ARGV[2 * i])
  out[i] = type(reply) == 'table' and reply.err and '!' .. reply.err or '+'
end
return out`;

/** KEYS: entries. Answers `=` and the deadline for what was there, or `-`. */
export const REMOVE: string = `${DEADLINE}
local out = {}
for i, key in ipairs(KEYS) do
  local found = deadline(key)
  out[i] = redis.call('DEL', key) == 1 and '=' .. (found or '') or '-'
end
return out`;

/**
 * KEYS: entry and receipt. ARGV: what must be there (`-`, or `=` and a version), the next value, its milliseconds.
 * Answers `+`, or what is there as {@link READ} does.
 *
 * The receipt says for two minutes that this very swap has happened. The entry alone could not: when the reply is lost
 * and another writer comes before the client sends the swap again, the entry is no longer the one that was written.
 */
export const SWAP: string = `${TAGGED}${PUT}
if redis.call('EXISTS', KEYS[2]) == 1 then return {'+'} end
local current = tagged(KEYS[1], true)
if current:sub(1, 41) ~= ARGV[1] then return {current} end
put(redis.call, KEYS[1], ARGV[2], ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', 120000)
return {'+'}`;

/**
 * KEYS: names that an earlier scan found. ARGV: cursor (none: do not scan), pattern, count.
 * Answers with `=` and the next cursor, then for each entry its name and its deadline, each after a `=`.
 */
export const LIST: string = `${DEADLINE}
local cursor, names, out = '0', KEYS, {}
if ARGV[1] ~= '' then
  local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
  cursor = page[1]
  names = page[2]
  for _, key in ipairs(KEYS) do table.insert(names, key) end
end
out[1] = '=' .. cursor
for _, key in ipairs(names) do
  local found = deadline(key)
  if found then
    table.insert(out, '=' .. key)
    table.insert(out, '=' .. found)
  end
end
return out`;

/**
 * ARGV: cursor, pattern, count. Removes the entries of one scan; answers as {@link LIST} does, without the names.
 * What has no bytes is the receipt of a swap, and was never an entry.
 */
export const DESTROY: string = `${DEADLINE}
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local out = {'=' .. page[1]}
for _, key in ipairs(page[2]) do
  local found = deadline(key)
  local receipt = found and redis.call('STRLEN', key) == 0
  if found and redis.call('DEL', key) == 1 and not receipt then table.insert(out, '=' .. found) end
end
return out`;
