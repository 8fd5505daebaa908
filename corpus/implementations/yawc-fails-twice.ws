wsclose 1
role server
# After its own Close, yawc sends a second Close for a frame that it rejects.
app close 1000
> opcode=3
