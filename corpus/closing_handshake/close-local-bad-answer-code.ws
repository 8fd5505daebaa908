wsclose 1
role server
# The answer carries 1005.
app close 1000
> close 1005
> fin
