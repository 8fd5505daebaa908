wsclose 1
role server
# The application closes after the peer did.
> close 3333 "theirs"
app close 1001 "ours"
> fin
