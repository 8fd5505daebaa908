wsclose 1
role client
# Both ends close at once, the client under test.
app close 1001 "ours"
> close 3333 "theirs"
wait 2
> fin
