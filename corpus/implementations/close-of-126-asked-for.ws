wsclose 1
role server
# A reason of 124 octets does not fit a control frame; some libraries send it in a frame of 126.
app close 1000 "x" * 124
