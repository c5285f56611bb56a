/*
 * The Lua that Redis runs: one script per operation, so each is atomic and takes one round trip.
 *
 * Every reply is a list of strings, each with a sign in front that no JSON starts with: clients that parse replies as
 * JSON leave them alone.
 */

/** `=` and the bytes, `-` for a missing key, `!` for a value of another type than string. */
const TAGGED = `
local function tagged(key, versioned)
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then return '!' end
  return value and '=' .. (versioned and redis.sha1hex(value) or '') .. value or '-'
end`;

/** Writes bytes; empty ones remove the key. An empty time means that the entry never expires. */
const PUT = `
local function put(call, key, value, px)
  if value == '' then return call('DEL', key) end
  if px == '' then return call('SET', key, value) end
  return call('SET', key, value, 'PX', px)
end`;

/**
 * Finds the text of an entry's deadline: empty when it has none, and \`false\` when the key is missing or no string.
 * Entries of this library start with it; others are parsed.
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

/** KEYS: entries. ARGV: `1` for versions, which are digests of the bytes. Returns `=` version bytes, `-` or `!`. */
export const READ: string = `${TAGGED}
local out = {}
for i, key in ipairs(KEYS) do out[i] = tagged(key, ARGV[1] == '1') end
return out`;

/** KEYS: entries. ARGV: value and milliseconds of each. Returns `+`, or `!` and the error. */
export const WRITE: string = `${PUT}
local out = {}
for i, key in ipairs(KEYS) do
  local reply = put(redis.pcall, key, ARGV[2 * i - 1], ARGV[2 * i])
  out[i] = type(reply) == 'table' and reply.err and '!' .. reply.err or '+'
end
return out`;

/** KEYS: entries. Returns `=` and the deadline of each key that existed, or `-`. */
export const REMOVE: string = `${DEADLINE}
local out = {}
for i, key in ipairs(KEYS) do
  local found = deadline(key)
  out[i] = redis.call('DEL', key) == 1 and '=' .. (found or '') or '-'
end
return out`;

/**
 * KEYS: entry and receipt. ARGV: the expected state (`-`, or `=` and a version), the next bytes, milliseconds.
 * Returns `+` and the new version, or the current state as {@link READ} does.
 *
 * The receipt says for two minutes that this swap has happened. The entry alone cannot say so: after a lost reply
 * another writer may replace it before the client sends the swap again.
 */
export const SWAP: string = `${TAGGED}${PUT}
local version = '+' .. redis.sha1hex(ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then return {version} end
local current = tagged(KEYS[1], true)
if current:sub(1, 41) ~= ARGV[1] then return {current} end
put(redis.call, KEYS[1], ARGV[2], ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', 120000)
return {version}`;

/**
 * KEYS: names that an earlier scan found. ARGV: cursor (empty: do not scan), pattern, count.
 * Returns `=` and the next cursor, then the name and the deadline of each entry, both with a `=` in front.
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
 * ARGV: cursor, pattern, count. Removes the entries of one scan and returns what {@link LIST} does, without the names.
 * An empty string is the receipt of a swap, not an entry.
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
