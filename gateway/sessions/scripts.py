"""What Redis does in one atomic step (EVAL). All keys of a script lie on one slot: the account's.

`gh:{TAG}:s:SHA` is a record, `gh:{TAG}:p:SHA` its private note, `gh:{TAG}:e:SHA` why it was ended,
`gh:{TAG}:a:ACCOUNT` the index of the account: a sorted set of SHAs by absolute end. A SHA may
outlive its record there; whoever walks the index looks.
"""

# KEYS record, index, record prefix. ARGV sha, record, idle life in ms, end and now in seconds.
# SET comes first: a Redis that is full refuses a script at its first write or not at all.
START = """
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])
for _, sha in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', KEYS[3] .. sha) == 0 then redis.call('ZREM', KEYS[2], sha) end
end
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('EXPIREAT', KEYS[2], math.ceil(tonumber(last[2])))
return 1
"""

# KEYS record prefix, private prefix, end prefix. ARGV why, for how many seconds that is kept, SHAs.
# The SHAs of the records that were there. DEL comes first: a Redis that is full lets a script write
# on that has written already.
END = """
local ended = {}
for at = 3, #ARGV do
  local sha = ARGV[at]
  if redis.call('DEL', KEYS[1] .. sha) == 1 then
    ended[#ended + 1] = sha
    if ARGV[1] ~= '' then redis.call('SET', KEYS[3] .. sha, ARGV[1], 'EX', ARGV[2]) end
  end
  redis.call('DEL', KEYS[2] .. sha)
end
return ended
"""

# KEYS as before, and the index. ARGV why, for how many seconds that is kept, the SHA to keep alive
# or nothing. The SHAs of the records that were there.
END_ACCOUNT = """
local ended = {}
for _, sha in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  if sha ~= ARGV[3] then
    if redis.call('DEL', KEYS[1] .. sha) == 1 then
      ended[#ended + 1] = sha
      if ARGV[1] ~= '' then redis.call('SET', KEYS[3] .. sha, ARGV[1], 'EX', ARGV[2]) end
    end
    redis.call('DEL', KEYS[2] .. sha)
    redis.call('ZREM', KEYS[4], sha)
  end
end
return ended
"""

# KEYS record. ARGV old, new. 1 if the old one was there and is replaced, its life unchanged.
REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
"""

# KEYS record, private note. ARGV value. 0, and nothing written, if the record is gone.
WRITE_PRIVATE = """
local left = redis.call('PTTL', KEYS[1])
if left <= 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', left)
return 1
"""
