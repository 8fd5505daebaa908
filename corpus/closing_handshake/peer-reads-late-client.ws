wsclose 1
role client
# The application sends and closes while the peer does not read; the client sends both later, in order.
> pause
app send text "a"
app close 3333 "r"
> resume
> close 3333
> fin
