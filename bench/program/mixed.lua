-- What wrk asks the app that is watched for leaks: one request in four has a
-- body.
local count = 0
local body = string.rep("x", 1024)

function request()
  count = count + 1
  if count % 4 == 0 then
    return wrk.format("POST", "/upload", nil, body)
  end
  return wrk.format("GET", "/")
end
