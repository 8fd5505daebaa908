wsclose 1
role server
# A reason beyond ASCII is sent as UTF-8.
app close 1000 "café"
> close 1000
> fin
