wsclose 1
role server
# The peer's reply carries 1005.
app close 1000
> close 1005
> fin
