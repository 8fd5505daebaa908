wsclose 1
role client
# After its own Close, ws-rs reports a reason that is not UTF-8 as an ordinary, empty one.
app close 1000
> close 3333 hex:ff
> fin
