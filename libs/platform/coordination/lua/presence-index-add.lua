-- Puts sessions into their partition's index before their entries are written, so that no live entry is ever unlisted.
-- KEYS: index   ARGV: most members, then the session keys
-- Returns for each the time of its mark in microseconds, or 'full'.
local time = redis.call('TIME')
local mark = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
local count = redis.call('ZCARD', KEYS[1])
local marks = {}
for i = 2, #ARGV do
  local known = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if not known and count >= tonumber(ARGV[1]) then
    marks[i - 1] = 'full'
  else
    count = known and count or count + 1
    redis.call('ZADD', KEYS[1], mark, ARGV[i])
    marks[i - 1] = mark
  end
end
return marks
