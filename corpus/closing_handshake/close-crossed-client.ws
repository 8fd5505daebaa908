wsclose 1
role client
# Both sides close at once, with a client under test.
app close 1001 "ours"
> close 3333 "theirs"
wait 2
> fin
