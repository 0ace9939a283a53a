local t = os.clock()
local function f(n)
  local x, y = 0.5, 0.0
  for i = 1, n do
    y = y + x * 1.5 - y * 0.25
    x = x * 0.9999 + 0.125
  end
  return y
end
f(10000000)
print(os.clock() - t)
