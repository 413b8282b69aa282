/**
 * One slice of a logical database, counted and hashed where it lies; see KeyDigest. ARGV: database, cursor, horizon in ms since 1970.
 * Before 7.0 there is no PEXPIRETIME: the moment is the time of day and what is left, read again until both are of the same millisecond.
 */
export const countScript = `
local db, horizon = ARGV[1], tonumber(ARGV[3])
redis.call('SELECT', db)
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local absolute = redis.pcall('PEXPIRETIME', '')
local function expiry(key)
  if type(absolute) == 'number' then return redis.call('PEXPIRETIME', key) end
  while true do
    local before, left = now(), redis.call('PTTL', key)
    if left < 0 or before == now() then return left < 0 and left or before + left end
  end
end
local function add(sums, hash)
  sums[1] = (sums[1] + tonumber(string.sub(hash, 1, 8), 16)) % 4294967296
  sums[2] = (sums[2] + tonumber(string.sub(hash, 9, 16), 16)) % 4294967296
end
local slice = redis.call('SCAN', ARGV[2], 'COUNT', 2000)
local expiring, lasting, persistentSums, lastingSums = 0, 0, {0, 0}, {0, 0}
for _, key in ipairs(slice[2]) do
  local hash = redis.sha1hex(db .. ':' .. redis.call('TYPE', key).ok .. ':' .. key)
  local at = expiry(key)
  if at < 0 then
    add(persistentSums, hash)
  else
    expiring = expiring + 1
    if at > horizon then
      lasting = lasting + 1
      add(lastingSums, hash)
    end
  end
end
return {slice[1], #slice[2], expiring, lasting, persistentSums[1], persistentSums[2], lastingSums[1], lastingSums[2], redis.call('DBSIZE')}
`;

/** Removes what expires of one slice of a logical database. ARGV: database, cursor. Returns the next cursor. */
export const removeExpiringScript = `
if redis.replicate_commands then redis.replicate_commands() end
redis.call('SELECT', ARGV[1])
local slice = redis.call('SCAN', ARGV[2], 'COUNT', 2000)
for _, key in ipairs(slice[2]) do
  if redis.call('PTTL', key) >= 0 then redis.call('UNLINK', key) end
end
return {slice[1]}
`;
