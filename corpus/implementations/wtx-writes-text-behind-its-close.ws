wsclose 1
role server
# wtx sends what a reason has above 123 octets behind its Close, where the peer expects a frame.
app close 1000 "and so on, for ever, " * 8
> close 1000
> fin
