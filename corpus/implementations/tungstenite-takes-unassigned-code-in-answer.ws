wsclose 1
role client
# After its own Close, tungstenite reports 2000 in the reply as an ordinary closure.
app close 1000
> close 2000
> fin
