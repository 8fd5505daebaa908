wsclose 1
role client
# After its own Close, tungstenite reports 999 in the reply as an ordinary closure.
app close 1000
> close 999
> fin
