-- Removes the presence and the mailbox of a session, if the epoch is still current.
-- KEYS: entry, mailbox   ARGV: epoch
-- Returns partition and index mark of what was removed, or nothing.
local entry = redis.call('HMGET', KEYS[1], 'epoch', 'partition', 'mark')
if entry[1] ~= ARGV[1] then
  return false
end
redis.call('DEL', KEYS[1], KEYS[2])
return { entry[2], entry[3] }
