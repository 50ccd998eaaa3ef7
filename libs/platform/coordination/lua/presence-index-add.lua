-- Puts a session into its partition's index before its entry is written, so that no live entry is ever unlisted.
-- KEYS: index   ARGV: session key, most members
-- Returns the time of the mark in microseconds, or 'full'.
local time = redis.call('TIME')
local mark = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return 'full'
end
redis.call('ZADD', KEYS[1], mark, ARGV[1])
return mark
