wsclose 1
role client
# Five messages and a Close: the keys of a client differ and cannot be foretold.
app send text "a"
app send text "b"
app send text "c"
app send binary hex:00
app send text "d"
app close 1000
> close 1000
> fin
