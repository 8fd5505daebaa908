wsclose 1
role server
# ws-rs refuses 1014 in the answer to its own Close, and leaves TCP open.
app close 1000
> close 1014
wait 16
