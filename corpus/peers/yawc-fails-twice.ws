wsclose 1
role server
# Having closed itself, yawc sends a second Close for a frame that it refuses.
app close 1000
> opcode=3
