wsclose 1
role server
# The peer goes without answering.
app close 1000
> fin
