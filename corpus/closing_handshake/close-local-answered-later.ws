wsclose 1
role server
# The application closes, and the peer replies two ticks later: the Close does not wait for it.
app close 1000
wait 2
> close 1000
> fin
