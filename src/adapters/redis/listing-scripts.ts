import { EXPIRED } from "./scripts.ts";

/*
 * SCAN goes through all names of a database, some at a time, and a script makes many such steps. It looks at a bounded
 * number of names, since Redis does nothing else meanwhile.
 *
 * A step may find more names than the page has room for. The script then makes it again in smaller ones. The smallest is
 * one bucket of Redis's hash table: of that it returns a part, in the order of the names' digests. The next page makes
 * the same step and goes on after the last digest, if the step still ends where it did. Else the table has changed, and
 * the page repeats names rather than to lose some.
 */

/** How many names a script looks at, as SCAN counts them. Redis serves nobody else for some milliseconds. */
const NAMES_PER_SCRIPT = 4000;

/** Hexadecimal digits of the digests of names. */
export const DIGEST = 16;
export const SHORT_DIGEST = 12;

/**
 * ARGV: SCAN's cursor, pattern, limit; the end and the digest of a step that was returned in part (both may be empty);
 * the length of the prefix before a collection, to list one key of each (empty: list keys); `1` to leave out expired
 * entries; short digests of collections to leave out. A node of a cluster cannot tell which entries have expired, and
 * lists all keys instead of one of each collection.
 * Returns the next cursor, end and digest (the cursor is empty at the end of the listing), and names, each after a `=`.
 * The name of a key of a collection follows the short digest of the collection.
 */
export const LIST: string = `${EXPIRED}
local cursor, pattern, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local last_end, last_digest = ARGV[4], ARGV[5]
local prefix, reads = tonumber(ARGV[6]), ARGV[7] == '1'
local once = reads or not prefix
local function unit(key)
  if not prefix then return key end
  return key:sub(prefix + 1):match('^(.-)::')
end
local function digest(key)
  return redis.sha1hex(unit(key)):sub(1, ${DIGEST})
end
local given = {}
for i = 8, #ARGV do given[ARGV[i]] = true end
local out, seen, room = {'', '', ''}, {}, limit
local count = last_end == '' and math.min(math.max(limit, 10), 1000) or 1
local looked, ended = 0, false
repeat
  local step = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', count, 'TYPE', 'string')
  local fits = step[1] == last_end
  local found, units = {}, {}
  for _, key in ipairs(step[2]) do
    local one = unit(key)
    local known = not one or once and (seen[one] or units[one]) or fits and digest(key) <= last_digest
    if not known and prefix and given[digest(key):sub(1, ${SHORT_DIGEST})] then known, seen[one] = true, true end
    if not known and not (reads and expired(key)) then
      units[one] = true
      table.insert(found, key)
    end
  end
  looked = looked + count
  if #found > room and count > 1 then
    count = math.max(1, math.floor(count / 8))
  else
    local part = #found > room
    if part and room < limit then break end
    if part then
      table.sort(found, function(a, b) return digest(a) < digest(b) end)
      last_end, last_digest = step[1], digest(found[room])
    else
      cursor, last_end, last_digest = step[1], '', ''
      ended = cursor == '0'
    end
    for i = 1, math.min(#found, room) do
      seen[unit(found[i])] = true
      table.insert(out, '=' .. (prefix and digest(found[i]):sub(1, ${SHORT_DIGEST}) or '') .. found[i])
    end
    room = limit - #out + 3
    if part then break end
    count = math.min(count * 4, 1000)
  end
until ended or room == 0 or looked >= ${NAMES_PER_SCRIPT}
out[1], out[2], out[3] = '=' .. (ended and '' or cursor), '=' .. last_end, '=' .. last_digest
return out`;

/** How many entries a script removes, at most about. */
const REMOVALS_PER_SCRIPT = 2000;

/** ARGV: SCAN's cursor, pattern. Removes entries. Returns the next cursor after a `=`, and `+` if one of them was live. */
export const DESTROY: string = `${EXPIRED}
local cursor, looked, removed, live = ARGV[1], 0, 0, false
repeat
  local step = redis.call('SCAN', cursor, 'MATCH', ARGV[2], 'COUNT', 1000, 'TYPE', 'string')
  cursor, looked, removed = step[1], looked + 1000, removed + #step[2]
  for _, key in ipairs(step[2]) do
    local was_live = live or not expired(key)
    if redis.call('DEL', key) == 1 then live = was_live end
  end
until cursor == '0' or looked >= ${NAMES_PER_SCRIPT} or removed >= ${REMOVALS_PER_SCRIPT}
return {'=' .. cursor, live and '+' or '-'}`;
