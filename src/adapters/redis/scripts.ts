/*
 * The Lua that Redis runs: one script per operation, so each is atomic and takes one round trip.
 *
 * Every reply is a list of strings, each with a sign in front that no JSON starts with: clients that parse replies as
 * JSON leave them alone. A script is the body of a function of `KEYS` and `ARGV`; `scriptOf` and `receipted` make it
 * whole.
 */

/** Time in milliseconds by the server's clock, and as Python's dates. */
export const TIME = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function date(time)
  local floor = math.floor
  if time > 253402300799999 then time = 253402300799999 end
  local days, rest = floor(time / 86400000) + 719468, time % 86400000
  local era = floor(days / 146097)
  local day = days - era * 146097
  local year = floor((day - floor(day / 1460) + floor(day / 36524) - floor(day / 146096)) / 365)
  day = day - (365 * year + floor(year / 4) - floor(year / 100))
  local month = floor((5 * day + 2) / 153)
  day = day - floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  year = year + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03d000+00:00', year, month, day,
    floor(rest / 3600000), floor(rest / 60000) % 60, floor(rest / 1000) % 60, rest % 1000)
end`;

/** Bytes of an entry, \`false\` when the key is missing, \`nil\` when it is no string. */
export const GET = `
local function get(key)
  local bytes = redis.pcall('GET', key)
  if type(bytes) ~= 'table' then return bytes end
  if bytes.err and not bytes.err:find('WRONGTYPE', 1, true) then redis.call('GET', key) end
end
local function own(bytes)
  return bytes:sub(1, 7) == '{"id":"' or bytes:find('^{"expires_at":"[^"]*","id":"') ~= nil
end`;

/**
 * What a read returns for a key: `-` if it is missing, `!` if it is no string, else
 * `= version , TTL , time ; bytes`. The version and the TTL are there when they are asked for. An entry of another
 * program always has a TTL, and the server's time if Redis does not expire it: then its envelope decides.
 */
export const FOUND = `
local function found(bytes, key, whole)
  if bytes == nil then return '!' end
  if not bytes then return '-' end
  local mine = own(bytes)
  local ttl = (whole or not mine) and redis.call('PTTL', key) or ''
  local time = not mine and ttl == -1 and string.format('%.0f', now()) or ''
  return '=' .. (whole and redis.sha1hex(bytes) or '') .. ',' .. ttl .. ',' .. time .. ';' .. bytes
end`;

/** The bytes of an entry that lives for so many milliseconds from now on, and how they are set. No life: for ever. */
export const SET = `
local function lasting(rest, life)
  if life == '' then return '{' .. rest end
  return '{"expires_at":"' .. date(now() + life) .. '",' .. rest
end
local function set(call, key, bytes, life)
  if life == '' then return call('SET', key, bytes) end
  return call('SET', key, bytes, 'PX', life)
end`;

/** KEYS: entries. ARGV: `1` for versions and TTLs. Returns what each key holds. */
export const READ: string = `${TIME}${GET}${FOUND}
local out = {}
for i, key in ipairs(KEYS) do out[i] = found(get(key), key, ARGV[1] == '1') end
return out`;

/** KEYS: entries. ARGV: bytes and life of each; no bytes remove the entry. Returns `+`, or `!` and the error. */
export const WRITE: string = `${TIME}${SET}
local out = {}
for i, key in ipairs(KEYS) do
  local rest = ARGV[2 * i - 1]
  local reply = rest == '' and redis.pcall('DEL', key) or set(redis.pcall, key, lasting(rest, ARGV[2 * i]), ARGV[2 * i])
  out[i] = type(reply) == 'table' and reply.err and '!' .. reply.err or '+'
end
return out`;

/**
 * Whether the deadline in an entry has passed. Only entries of other programs that Redis does not expire can be there in
 * spite of that. Python writes all dates in UTC; a date in another time zone counts as ahead.
 */
const IS_EXPIRED = `
local function expired(key)
  if own(redis.call('GETRANGE', key, 0, 63)) or redis.call('PTTL', key) ~= -1 then return false end
  local ok, entry = pcall(cjson.decode, redis.call('GET', key))
  local text = ok and type(entry) == 'table' and entry.expires_at
  if type(text) ~= 'string' then return false end
  local utc = text:match('^(%d+%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d%.?%d*)%+00:?00$') or text:match('^([%d-]+[T ][%d:.]+)Z$')
  return utc ~= nil and utc:gsub(' ', 'T') <= date(now()):sub(1, 23) .. '999'
end`;

export const EXPIRED = `${TIME}${GET}${IS_EXPIRED}`;

/** KEYS: entries. Removes them. Returns `+` for each that was there, else `-`. */
export const REMOVE: string = `${EXPIRED}
local out = {}
for i, key in ipairs(KEYS) do
  local live = redis.call('TYPE', key).ok ~= 'string' or not expired(key)
  out[i] = redis.call('DEL', key) == 1 and live and '+' or '-'
end
return out`;

/**
 * KEYS: entry. ARGV: the expected state, the next bytes, their life.
 * The state is `-` for a missing key, `=` and the version of a live entry, `#` and the version of what counts as absent
 * though it is there, or `!` for a value of another type. A life that starts with `k` keeps the deadline that Redis has;
 * what follows is for an entry that has none. Returns `+` and the new version, or what is there.
 */
export const SWAP: string = `${TIME}${GET}${FOUND}${IS_EXPIRED}${SET}
local key, expected, rest, life = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local bytes = get(key)
local state = bytes and redis.sha1hex(bytes) or bytes == nil and '!' or '-'
local fits = state == expected or bytes and (expected == '#' .. state or expected == '=' .. state and not expired(key))
if not fits then return {found(bytes, key, true)}, '~' end
if rest == '' then
  redis.call('DEL', key)
  return {'+'}
end
local next
local ttl = life:sub(1, 1) == 'k' and bytes and redis.call('PTTL', key) or -1
if ttl >= 0 then
  local text = bytes:match('^{"expires_at":"([^"]*)","id":"') or date(now() + ttl)
  next = '{"expires_at":"' .. text .. '",' .. rest
  redis.call('SET', key, next, 'KEEPTTL')
else
  life = life:gsub('k', '')
  next = lasting(rest, life)
  set(redis.call, key, next, life)
end
return {'+' .. redis.sha1hex(next)}`;
