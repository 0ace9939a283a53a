local t = os.clock()
local function f(n)
  local s = 0
  local i = 0
  while i < n do
    if i % 3 == 0 then s = s + i * 2 else s = s - 1 end
    i = i + 1
  end
  return s
end
f(10000000)
print(os.clock() - t)
