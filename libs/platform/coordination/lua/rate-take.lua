-- Takes from a token bucket, by the server's time.
-- KEYS: bucket   ARGV: capacity, refill per second, cost
-- Returns 1 or 0, and after how many milliseconds the same cost will be there.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local capacity, perMs, cost = tonumber(ARGV[1]), tonumber(ARGV[2]) / 1000, tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = capacity
if state[1] then
  local at = tonumber(state[2])
  -- The clock was set back: without a new beginning nothing would be added until it is there again.
  if at > now then redis.call('HSET', KEYS[1], 'at', string.format('%.3f', now)) end
  tokens = math.min(capacity, tonumber(state[1]) + math.max(0, now - at) * perMs)
end
if tokens < cost then
  return { 0, math.ceil((cost - tokens) / perMs) }
end
tokens = tokens - cost
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / perMs) + 1000)
return { 1, 0 }
