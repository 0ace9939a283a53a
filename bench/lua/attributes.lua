local P = {}
P.__index = P
function P.new(x, y) return setmetatable({ x = x, y = y }, P) end
function P:add(k) self.x = self.x + k; return self.x end
local t = os.clock()
local function f(n)
  local p = P.new(0, 1)
  local s = 0
  for i = 1, n do
    s = s + p:add(1) + p.y
  end
  return s
end
f(5000000)
print(os.clock() - t)
