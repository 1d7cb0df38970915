-- wrk -s wrk.lua URL -- PATH IDS: asks for PATH, with a random number from 1 to IDS for each {id} in it.
function init(args)
  path, ids = args[1], tonumber(args[2])
  fixed = not path:find("{id}", 1, true) and wrk.format("GET", path) or nil
  math.randomseed(1)
end

function request()
  if fixed then return fixed end
  return wrk.format("GET", (path:gsub("{id}", tostring(math.random(ids)))))
end
