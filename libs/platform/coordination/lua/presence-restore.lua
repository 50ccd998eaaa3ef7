-- Puts back the entry of a connection that goes on although the engine lost its memory. It keeps its epoch and the
-- numbering of its mailbox, so that what is said under them still fits.
-- KEYS: entry, epoch, mailbox   ARGV: lifetime in milliseconds, epoch, last number read, mark, then field and value pairs
local held = redis.call('HGET', KEYS[1], 'epoch')
if held == ARGV[2] then
  redis.call('HSET', KEYS[1], 'mark', ARGV[4])
  return 'present'
end
local newest = tonumber(held or redis.call('GET', KEYS[2]) or '0')
if newest > tonumber(ARGV[2]) then
  return 'replaced'
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[1])
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'seq', ARGV[3], 'bytes', '0', 'mark', ARGV[4], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'restored'
