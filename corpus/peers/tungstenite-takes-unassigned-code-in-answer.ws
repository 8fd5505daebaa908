wsclose 1
role client
# Having closed itself, tungstenite reports 2000 in the answer as an ordinary closure.
app close 1000
> close 2000
> fin
