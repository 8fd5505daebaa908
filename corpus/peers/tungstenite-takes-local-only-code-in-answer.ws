wsclose 1
role client
# Having closed itself, tungstenite reports 1006 in the answer as an ordinary closure.
app close 1000
> close 1006
> fin
