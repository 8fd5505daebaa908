wsclose 1
role server
# Both sides close at once: each Close serves as the reply to the other.
app close 1001 "ours"
> close 3333 "theirs"
> fin
