-- Writes the presence of a session under a new epoch; what belonged to an older connection goes.
-- The epoch is at least the time in milliseconds: an engine that lost its memory does not hand out an old one again.
-- KEYS: entry, epoch, mailbox   ARGV: lifetime in milliseconds, then field and value pairs
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local epoch = string.format('%.0f', math.max(last + 1, now))
redis.call('SET', KEYS[2], epoch, 'PX', ARGV[1])
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', '0', 'bytes', '0', unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return epoch
