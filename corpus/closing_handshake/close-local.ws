wsclose 1
role server
# The application closes, the peer answers.
app close 1000 "done"
> close 1000
> fin
