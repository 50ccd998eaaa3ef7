-- Appends items to the mailbox of the current connection: all of them, or none.
-- KEYS: entry, mailbox   ARGV: epoch, most items, most bytes, idle milliseconds, entry lifetime, then the items
local state = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'bytes', 'closed')
if state[1] ~= ARGV[1] or state[4] then
  return 'closed'
end
local count = redis.call('ZCARD', KEYS[2])
-- A mailbox that disappeared by itself took its bytes with it.
local bytes = count > 0 and tonumber(state[3]) or 0
for i = 6, #ARGV do
  bytes = bytes + #ARGV[i]
end
if count + #ARGV - 5 > tonumber(ARGV[2]) or bytes > tonumber(ARGV[3]) then
  return 'full'
end
local seq = tonumber(state[2])
for i = 6, #ARGV do
  seq = seq + 1
  local text = string.format('%.0f', seq)
  redis.call('ZADD', KEYS[2], text, text .. ':' .. ARGV[i])
end
redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', seq), 'bytes', string.format('%.0f', bytes))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 'done'
