wsclose 1
role server
# Both ends close at once: each Close is the other's answer.
app close 1001 "ours"
> close 3333 "theirs"
> fin
