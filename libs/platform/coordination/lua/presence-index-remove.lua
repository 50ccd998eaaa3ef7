-- Takes sessions out of a partition's index, each only if nobody marked it since and its mark is old enough.
-- KEYS: index   ARGV: least age in microseconds, then pairs of session key and mark
local time = redis.call('TIME')
local newest = tonumber(time[1]) * 1000000 + tonumber(time[2]) - tonumber(ARGV[1])
for i = 2, #ARGV, 2 do
  local mark = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if mark and tonumber(mark) == tonumber(ARGV[i + 1]) and tonumber(mark) <= newest then
    redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return 'done'
