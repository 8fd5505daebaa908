wsclose 1
role server
# The application closes and the peer replies.
app close 1000 "done"
> close 1000
> fin
