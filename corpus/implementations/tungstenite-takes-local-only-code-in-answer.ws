wsclose 1
role client
# After its own Close, tungstenite reports 1006 in the reply as an ordinary closure.
app close 1000
> close 1006
> fin
