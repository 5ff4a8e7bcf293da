-- A POST is a visit, a GET says how many there were. They are counted in Redis, which is wherever the name "db" leads.
local redis = require "nginx.redis"

local db = redis:new()
db:set_timeout(2000)

local count
local connected, problem = db:connect("db", 6379)
if connected then
    if ngx.req.get_method() == "POST" then
        count, problem = db:incr("visits")
    else
        count, problem = db:get("visits")
    end
end
if not count then
    ngx.status = ngx.HTTP_BAD_GATEWAY
    ngx.say("the database: ", problem)
    return
end
ngx.say(count == ngx.null and 0 or count)
