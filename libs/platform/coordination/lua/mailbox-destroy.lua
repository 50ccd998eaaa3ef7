-- Ends the mailbox of the current connection: its items go, and no more are taken.
-- KEYS: entry, mailbox   ARGV: epoch
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return 'stale'
end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'closed', '1', 'bytes', '0')
return 'done'
