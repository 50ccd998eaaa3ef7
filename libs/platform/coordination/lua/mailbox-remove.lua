-- Removes items of the current connection by their numbers.
-- KEYS: entry, mailbox   ARGV: epoch, then the numbers
local state = redis.call('HMGET', KEYS[1], 'epoch', 'bytes')
if state[1] ~= ARGV[1] then
  return 'stale'
end
local bytes = tonumber(state[2])
for i = 2, #ARGV do
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[i], ARGV[i])) do
    redis.call('ZREM', KEYS[2], member)
    bytes = bytes - (#member - #ARGV[i] - 1)
  end
end
redis.call('HSET', KEYS[1], 'bytes', string.format('%.0f', math.max(0, bytes)))
return 'done'
