wsclose 1
role server
# Private codes may be sent.
app close 4999 "app"
> close 4999
> fin
