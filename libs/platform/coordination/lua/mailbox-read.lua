-- The next items of the current connection, each as its number, a colon and its bytes.
-- KEYS: entry, mailbox   ARGV: epoch, number after which to read, most items, idle milliseconds
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return {}
end
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
