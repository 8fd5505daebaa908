wsclose 1
role server
# The peer replies with an empty Close.
app close 1001 "ours"
> close
wait 2
> fin
