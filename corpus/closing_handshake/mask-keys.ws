wsclose 1
role client
# A client sends five messages and a Close, each with a new, unpredictable masking key.
app send text "a"
app send text "b"
app send text "c"
app send binary hex:00
app send text "d"
app close 1000
> close 1000
> fin
