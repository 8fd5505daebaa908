wsclose 1
role server
# The peer replies with an empty Close, and with another code.
app close 1001 "ours"
> close
wait 2
> fin
connect
app close 1001 "ours"
> close 3333
wait 2
> fin
