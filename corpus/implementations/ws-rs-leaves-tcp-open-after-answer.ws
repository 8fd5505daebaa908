wsclose 1
role server
# ws-rs rejects 1014 in the reply to its own Close, and leaves TCP open.
app close 1000
> close 1014
wait 16
