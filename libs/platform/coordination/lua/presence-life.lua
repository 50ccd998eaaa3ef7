-- Reads since when this part of the engine has its memory; where nobody has marked it yet, it begins now.
-- KEYS: marker   ARGV: a new random id
-- Returns the id and its age in milliseconds by this server's time.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local life = redis.call('HMGET', KEYS[1], 'id', 'since')
if not life[1] then
  life = { ARGV[1], string.format('%.0f', now) }
  redis.call('HSET', KEYS[1], 'id', life[1], 'since', life[2])
end
return { life[1], string.format('%.0f', now - tonumber(life[2])) }
