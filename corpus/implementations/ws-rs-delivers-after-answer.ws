wsclose 1
role server
# ws-rs rejects 1014 in the reply to its own Close, and delivers the message that follows.
app close 1000
> close 1014
> binary "x"
