wsclose 1
role server
# The peer closes TCP instead of replying.
app close 1000
> fin
